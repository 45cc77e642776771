import { fileURLToPath } from 'node:url';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { decode } from '@temporalio/common/lib/encoding.js';
import { expect, it } from 'vitest';
import { releaseWorkflowId } from '../../domain/lane.js';
import { abortSignal, approveUpdate, laneStatusQuery, retrySignal, skipSignal } from '../../workflows/messages.js';
import { eventsOf } from './history.js';
import { laneOf, submit } from './lane-client.js';
import { annSays, untilGate, untilStarted } from './operator.js';
import { canaryOf, measured, wholeDatabase } from './plan.js';
import { unsafeMark } from './strict-payload-converter.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import { bundleWorkflows } from './workflow-bundle.js';

const seen: Payload[] = [];
const witness: PayloadCodec = {
  encode: async (payloads) => payloads,
  decode: async (payloads) => {
    seen.push(...payloads);
    return payloads;
  },
};
const payloadConverterPath = fileURLToPath(new URL('strict-payload-converter.ts', import.meta.url));
const releases = withReleases({
  bundle: () => bundleWorkflows({ payloadConverterPath }),
  client: { dataConverter: { payloadCodecs: [witness] } },
});

it('lets nothing cross that JSON would change: activities, results, answers, status, memo', async () => {
  const world = releases.world({
    database: { ...wholeDatabase, contractApproval: 'required' },
    canary: canaryOf([{ weight: 50, bakeMs: 20 }]),
  });
  world.measurements = [measured.nothing, measured.thin, measured.good];
  world.fail('cut-over', 'aws-throttled', 1);
  const releaseOf = (version: string): ReleaseHandle =>
    releases.client.workflow.getHandle(releaseWorkflowId(world.lane, version));

  await submit(releases, world, 'v2');
  const lane = laneOf(releases, world);
  await lane.query(laneStatusQuery);
  await until(releaseOf('v2'), 'canary 50 %');
  await releaseOf('v2').signal(retrySignal, annSays('again'));
  await until(releaseOf('v2'), 'canary 50 %');
  await approve(releaseOf('v2'), 'canary 50 %');
  await until(releaseOf('v2'), 'begin contract');
  await approve(releaseOf('v2'), 'begin contract');
  await releaseOf('v2').result();

  world.fail('undo/deploy', 'aws-refused');
  await submit(releases, world, 'v3');
  await until(releaseOf('v3'), 'begin contract');
  await releaseOf('v3').signal(abortSignal, annSays('no'));
  await until(releaseOf('v3'), 'undo/deploy');
  await releaseOf('v3').signal(skipSignal, annSays('by hand'));
  await releaseOf('v3').result();
  await lane.result();

  for (const handle of [lane, releaseOf('v2'), releaseOf('v3')]) {
    await handle.describe();
    seen.push(...payloadsIn(await eventsOf(handle)));
  }
  expect(seen.length).toBeGreaterThan(100);
  expect(seen.flatMap(({ metadata }) => metadata?.[unsafeMark] ?? []).map(decode)).toEqual([]);
  const encodings = new Set(seen.map(({ metadata }) => metadata?.encoding && decode(metadata.encoding)));
  expect([...encodings].sort()).toEqual(['binary/null', 'json/plain']);

  async function until(handle: ReleaseHandle, gate: string): Promise<void> {
    await untilStarted(handle);
    await untilGate(handle, gate);
  }
});

async function approve(handle: ReleaseHandle, gate: string): Promise<void> {
  await handle.executeUpdate(approveUpdate, { args: [{ ...annSays('good'), gate }] });
}

/** Every payload in a history, wherever it stands. */
function payloadsIn(value: unknown): Payload[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  if ('metadata' in value && 'data' in value) return [value as Payload];
  return Object.values(value).flatMap(payloadsIn);
}
