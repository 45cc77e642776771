import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { releaseWorkflowId } from '../domain/lane.js';
import { mustSluice } from '../embedded/demo/cli.js';
import { type ReleaseWatch, watchRelease } from '../embedded/demo/release-watch.js';
import { type ManifestOptions, shopManifest } from '../embedded/shop/manifest.js';
import type { Stack } from '../embedded/stack.js';
import { abortSignal } from '../workflows/messages.js';
import { type Figure, quantile, spreadOf } from './figure.js';
import { abortToTrafficBack, payloadBytes, readHistory } from './release-history.js';

const lane = { environment: 'demo', service: 'shop' };
const aborts = 50;
const deaths = 5;

/** Releases of the shop on the whole stack: what they cost, and how quickly one is back. */
export async function measureReleases(stack: Stack, stateDir: string, say: (line: string) => void) {
  const client = new Client({ connection: await Connection.connect({ address: stack.temporal.address }) });
  const shop = openShop({ stack, client, stateDir });
  const figures: Figure[] = [];

  say('a release with its schema change');
  const began = Date.now();
  const whole = await shop.release('2', { runs: '2', migrates: true, steps: [10, 25, 50], bake: '2s' });
  await whole.ended();
  const firstEffect = (await firstIntentOf(stack, '2')) - began;
  const history = await readHistory(client, releaseWorkflowId(lane, '2'));
  figures.push(
    one(
      '`sluice release` to the first effect',
      'ms',
      firstEffect,
      'from the start of the command’s process until the ledger holds the first intent',
    ),
    one(
      'history of a release',
      'events',
      history.events?.length ?? 0,
      'schema change in all phases, three canary steps, contract',
    ),
    one(
      'payloads of a release',
      'KB',
      payloadBytes(history) / 1024,
      'arguments, results, memo and details in the same history',
    ),
  );

  const backs: number[] = [];
  for (let i = 1; i <= aborts; i++) {
    if (i % 10 === 1) say(`aborts ${i} to ${Math.min(i + 9, aborts)} of ${aborts}`);
    backs.push(await abortOnce(`abort-${i}`, () => Promise.resolve()));
  }
  figures.push({
    name: 'abort to the old colour at 100 %, read back',
    unit: 'ms',
    value: quantile(backs, 0.99),
    limit: { atMost: 2_000 },
    spread: spreadOf(backs),
    how: `99th percentile of ${aborts} aborts in the middle of a bake, from the signal’s arrival at Temporal until the undo of the rule was reported`,
  });

  say(`${deaths} times SIGKILL of the only worker`);
  const starts: number[] = [];
  const survivals: number[] = [];
  for (let i = 1; i <= deaths; i++) {
    survivals.push(
      await abortOnce(`death-${i}`, async () => {
        await stack.worker().kill();
        const began = performance.now();
        await stack.startWorker();
        starts.push(performance.now() - began);
      }),
    );
  }
  figures.push(
    {
      name: 'start of a worker to its first poll',
      unit: 'ms',
      value: quantile(starts, 0.5),
      spread: spreadOf(starts),
      how: 'median, from the start of the process',
    },
    {
      name: 'SIGKILL of the only worker to its work going on',
      unit: 'ms',
      value: quantile(survivals, 0.5),
      spread: spreadOf(survivals),
      how: 'median; killed right after an abort, another is started at once; until the rule was read back with the old colour at 100 %',
    },
  );
  return figures;

  async function abortOnce(version: string, then: () => Promise<void>): Promise<number> {
    const watch = await shop.release(version, { runs: '2', bake: '10m' });
    await watch.until('the bake', ({ step }) => step.startsWith('bake'));
    const handle = client.workflow.getHandle(releaseWorkflowId(lane, version));
    await handle.signal(abortSignal, { actor: 'bench', reason: 'measuring', requestId: version });
    await then();
    const result = await watch.ended();
    if (result.outcome !== 'rolled-back')
      throw new Error(`expected ${version} to be rolled back, it ended ${result.outcome}`);
    return abortToTrafficBack(await readHistory(client, handle.workflowId));
  }
}

function openShop({ stack, client, stateDir }: { stack: Stack; client: Client; stateDir: string }) {
  return {
    async release(version: string, options: Partial<ManifestOptions>): Promise<ReleaseWatch> {
      const file = path.join(stateDir, `shop-${version}.yaml`);
      const quick = {
        runs: '1',
        steps: [20],
        period: '1s',
        minRequests: 3,
        warmWindow: '1s',
        quietWindow: '1s',
      } as const;
      writeFileSync(
        file,
        shopManifest(stack, { ...quick, version, migrates: false, manifestFolder: stateDir, ...options }),
      );
      await mustSluice(stack, ['release', file]);
      return watchRelease(client, { lane, version });
    },
  };
}

async function firstIntentOf(stack: Stack, version: string): Promise<number> {
  const ledger = new pg.Client({ connectionString: stack.ledgerUrl });
  await ledger.connect();
  try {
    const { rows } = await ledger.query<{ at: Date }>(
      'select min(intended_at) as at from sluice.effect where version = $1',
      [version],
    );
    return rows[0]?.at.getTime() ?? Number.NaN;
  } finally {
    await ledger.end();
  }
}

function one(name: string, unit: Figure['unit'], value: number, how: string): Figure {
  return { name, unit, value, spread: spreadOf([value]), how };
}
