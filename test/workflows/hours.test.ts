import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { searchAttributeNames } from '../../domain/search-attributes.js';
import { abortSignal, approveUpdate, pauseSignal, resumeSignal, retrySignal } from '../../workflows/messages.js';
import { timeSkippingEnvironment } from '../support/java-time-skipping.js';
import { annSays, statusOf, untilGate, untilStep } from './operator.js';
import { canaryOf, measured, wholeDatabase } from './plan.js';
import { type RunningWorkers, startReleaseWorkers } from './release-workers.js';
import { releasesOn } from './with-releases.js';
import { builtBundle } from './workflow-bundle.js';
import type { World } from './world.js';

const environment = await timeSkippingEnvironment();

/** `temporal.api.enums.v1.IndexedValueType` */
const keyword = 2;

const hour = 3_600_000;

// Time is skipped for the whole server: one release after the other.
describe.skipIf(environment === null)('over hours and days', () => {
  if (environment === null) return;
  const worlds = new Map<string, World>();
  const releases = releasesOn(() => environment.client, worlds);
  let workers: RunningWorkers | undefined;

  beforeAll(async () => {
    const { client, connection, nativeConnection } = environment;
    // This server can register search attributes, but not list them.
    const searchAttributes = Object.fromEntries(searchAttributeNames.map((name) => [name, keyword]));
    await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
    const parts = { connection: nativeConnection, namespace: 'default', client, worlds, bundle: builtBundle };
    workers = await startReleaseWorkers(parts);
  });
  afterAll(async () => {
    await workers?.stop();
    await environment.teardown();
  });

  it('bakes for as long as it was told to, and keeps the old colour warm for two days', async () => {
    const steps = [5, 25, 50].map((weight) => ({ weight, bakeMs: 6 * hour }));
    const world = releases.world({ canary: canaryOf(steps), warmWindowMs: 48 * hour });
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const status = await statusOf(handle);
    for (const weight of [5, 25, 50]) expect(hoursOf(status, `bake ${weight} %`)).toEqual([6]);
    expect(hoursOf(status, 'keep warm')).toEqual([48]);
  });

  it('gives thin evidence more time, and judges all of it', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 5, bakeMs: 2 * hour }], 3) });
    world.measurements = [measured.thin, measured.thin, measured.thin, measured.good];
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(hoursOf(await statusOf(handle), 'bake 5 %')).toEqual([2, 2, 2, 2]);
  });

  it('goes back at once when it is aborted in the middle of a long bake', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 5, bakeMs: 24 * hour }]) });
    const handle = await releases.start(world);
    await untilStep(handle, 'bake 5 %');
    await environment.sleep('3 hours');
    await handle.signal(abortSignal, annSays('support calls'));
    const result = await handle.result();
    expect(result.outcome).toBe('rolled-back');
    expect(result.trafficBackMs).toBeLessThan(60_000);
    expect(hoursOf(await statusOf(handle), 'bake 5 %')).toEqual([3]);
  });

  it('holds for a weekend when it is paused in a bake, and is judged on Monday', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 5, bakeMs: hour }]) });
    const handle = await releases.start(world);
    await untilStep(handle, 'bake 5 %');
    await handle.signal(pauseSignal, annSays('Friday'));
    await environment.sleep('60 hours');
    const { step, paused } = await statusOf(handle);
    expect({ step, paused }).toEqual({ step: 'bake 5 %', paused: { actor: 'ann', reason: 'Friday' } });
    expect(world.begun).not.toContain('measure');
    await handle.signal(resumeSignal, annSays('Monday'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('bakes on when nobody can say what the rule is', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 50, bakeMs: hour / 60 }]) });
    world.fail('watchRule', 'aws-unreachable');
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('asks a person when nobody can say how a canary does', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 50, bakeMs: hour }]) });
    world.fail('measure', 'ledger-unreachable');
    const handle = await releases.start(world);
    await environment.sleep('90 minutes');
    const { gate } = await untilGate(handle, 'canary 50 %');
    expect(gate?.reason).toContain('ledger-unreachable: measure was told to fail');
    await handle.signal(abortSignal, annSays('blind'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it.each([
    ['await no requests', 'awaitNoRequests', 'metrics-unreachable'],
    ['await retired', 'awaitRetired', 'aws-unreachable'],
    ['prove old version gone', 'awaitContractEvidence', 'database-refused'],
  ] as const)('asks a person when the watch at %s never gets an answer', async (gate, activity, code) => {
    const world = releases.world({ database: wholeDatabase });
    world.fail(activity, code);
    const handle = await releases.start(world);
    await environment.sleep('2 hours');
    const { gate: asked } = await untilGate(handle, gate);
    expect(asked?.reason).toContain(`${code}: ${activity} was told to fail`);
    await handle.signal(abortSignal, annSays('enough'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('goes back when the platform never says how a rollout does', async () => {
    const world = releases.world();
    world.fail('awaitRollout', 'aws-unreachable');
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aws-unreachable' } });
  });

  it('waits at a gate for a week, with the canary where it was', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 5, bakeMs: hour }]) });
    world.measurements = [measured.nothing];
    const handle = await releases.start(world);
    await environment.sleep('1 hour');
    await untilGate(handle, 'canary 5 %');
    await environment.sleep('7 days');
    expect((await statusOf(handle)).gate?.name).toBe('canary 5 %');
    expect(world.weights).toEqual({ blue: 95, green: 5 });
    await handle.executeUpdate(approveUpdate, { args: [{ ...annSays('I am back'), gate: 'canary 5 %' }] });
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('goes on with the way back by itself when an outage has ended, and has been asked for nothing', async () => {
    const world = releases.world();
    world.fail('cut-over', 'aws-refused');
    world.fail('undo/cut-over', 'ledger-unreachable');
    const handle = await releases.start(world);
    const pauses = new Set<string | undefined>();
    for (let i = 0; i < 10; i++) {
      await environment.sleep('20 minutes');
      const { gate } = await untilGate(handle, 'undo/cut-over');
      pauses.add(/Mend the cause\. It is tried again by itself in (\d+) min\. `retry`/.exec(gate?.reason ?? '')?.[1]);
    }
    // Every attempt is history: they become few.
    expect([...pauses].at(-1)).toBe('30');
    world.fail('undo/cut-over', 'ledger-unreachable', 0);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('tries a broken undo for about half a minute before it asks a person', async () => {
    const world = releases.world();
    world.fail('cut-over', 'aws-refused');
    world.fail('undo/cut-over', 'aws-throttled');
    const handle = await releases.start(world);
    await environment.sleep('3 minutes');
    await untilGate(handle, 'undo/cut-over');
    const tried = (await statusOf(handle)).steps.find(({ name }) => name === 'undo/cut-over');
    const seconds = ((tried?.endedAt ?? 0) - (tried?.startedAt ?? 0)) / 1_000;
    expect(seconds).toBeGreaterThan(20);
    expect(seconds).toBeLessThan(60);
    world.fail('undo/cut-over', 'aws-throttled', 0);
    await handle.signal(retrySignal, annSays('AWS is back'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('stops no task of the new version before the rule has settled', async () => {
    const world = releases.world();
    world.settleMs = hour;
    world.fail('retire', 'aws-refused');
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    const { steps } = await statusOf(handle);
    const at = (name: string) => steps.find((step) => step.name === name)?.startedAt ?? NaN;
    expect(at('undo/deploy') - at('undo/cut-over')).toBeGreaterThanOrEqual(hour);
  });

  it('gives up a step after minutes of retries and goes back', async () => {
    const world = releases.world();
    world.fail('deploy', 'aws-throttled');
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aws-throttled' } });
    expect(world.begun.filter((name) => name === 'deploy')).toHaveLength(40);
  });

  it('writes its end into a ledger that was away for a quarter of an hour', async () => {
    const world = releases.world();
    world.fail('endRelease', 'ledger-unreachable', 100);
    const handle = await releases.start(world);
    const result = await handle.result();
    expect(result.outcome).toBe('released');
    expect(world.releases[0]?.results).toEqual([result]);
  });
});

/** How long each step of that name took, in whole hours of workflow time. */
function hoursOf({ steps }: ReleaseStatus, name: string): number[] {
  return steps
    .filter((step) => step.name === name)
    .map(({ startedAt, endedAt = NaN }) => Math.floor((endedAt - startedAt) / hour));
}
