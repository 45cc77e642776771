import { describe, expect, it } from 'vitest';
import type { MeasureQuery } from '../../activities/metrics/measure.js';
import type { Weights } from '../../domain/traffic.js';
import { abortSignal, retrySignal } from '../../workflows/messages.js';
import { eventsOf, inputOf } from './history.js';
import { annSays, statusOf, untilGate } from './operator.js';
import { canaryOf } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import type { World } from './world.js';

const releases = withReleases();

describe.concurrent('a rule that somebody else has changed', () => {
  it('halts the release and says what was expected and found', async () => {
    const world = releases.world();
    const handle = await startDrifted(world, { blue: 80, green: 20 });
    const { phase, gate, weights } = await untilGate(handle, 'cut-over');
    expect(phase).toBe('needs-operator');
    expect(gate).toEqual({
      name: 'cut-over',
      reason: expect.stringContaining('traffic-drift: expected blue 50, green 50, found blue 80, green 20') as string,
      answers: ['retry', 'abort'],
    });
    expect(weights).toEqual({ blue: 50, green: 50 });
    await handle.signal(abortSignal, annSays('done'));
    await handle.result();
  });

  it('is looked at again on retry, and the release goes on when it was put back', async () => {
    const world = releases.world();
    const handle = await startDrifted(world, { blue: 80, green: 20 });
    await untilGate(handle, 'cut-over');
    await handle.signal(retrySignal, annSays('still wrong'));
    await untilGate(handle, 'cut-over');
    world.weights = { blue: 50, green: 50 };
    await handle.signal(retrySignal, annSays('put back'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.weights).toEqual({ blue: 0, green: 100 });
  });

  it('ends with all traffic on the old colour when the release is aborted', async () => {
    const world = releases.world();
    const handle = await startDrifted(world, { blue: 80, green: 20 });
    await untilGate(handle, 'cut-over');
    await handle.signal(abortSignal, annSays('who was that?'));
    expect(await handle.result()).toMatchObject({
      outcome: 'rolled-back',
      failure: { code: 'aborted', message: 'ann: who was that?' },
    });
    expect(world.weights).toEqual({ blue: 100, green: 0 });
  });
});

describe.concurrent('a rule that somebody else changes in the middle of a bake', () => {
  it('halts the release there and then, however long it was to bake', async () => {
    const world = releases.world({ canary: canaryOf([{ weight: 50, bakeMs: 3_600_000 }]) });
    const handle = await startDriftedInBake(world);
    const { gate, phase } = await untilGate(handle, 'bake 50 %');
    expect(phase).toBe('needs-operator');
    expect(gate?.reason).toMatch(
      /^traffic-drift: expected blue 50, green 50, found blue 80, green 20\. .*`retry` bakes anew/,
    );
    await handle.signal(abortSignal, annSays('who was that?'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(world.weights).toEqual({ blue: 100, green: 0 });
    expect(world.begun).not.toContain('measure');
  });

  it('bakes anew once it was put back, and is judged by that bake alone', async () => {
    const world = releases.world();
    const handle = await startDriftedInBake(world);
    await untilGate(handle, 'bake 50 %');
    world.weights = { blue: 50, green: 50 };
    await handle.signal(retrySignal, annSays('put back'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const bakes = (await statusOf(handle)).steps.filter(({ name }) => name === 'bake 50 %');
    expect(bakes).toHaveLength(2);
    const { fromMs } = inputOf(await eventsOf(handle), 'measure') as MeasureQuery;
    expect(fromMs).toBe(bakes[1]?.startedAt);
  });
});

describe.concurrent('a rule that was put back by hand before the old tasks stop', () => {
  it('settles, and the old colour is watched for requests again', async () => {
    const world = releases.world({ settleMs: 700 });
    world.fail('retire', 'traffic-drift', 1);
    const handle = await releases.start(world);
    await untilGate(handle, 'retire');
    await handle.signal(retrySignal, annSays('put back'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const last = world.begun.filter((name) => ['awaitNoRequests', 'retire'].includes(name));
    expect(last).toEqual(['awaitNoRequests', 'retire', 'awaitNoRequests', 'retire']);
    const timers = (await eventsOf(handle)).map(
      (event) => event.timerStartedEventAttributes?.startToFireTimeout?.nanos,
    );
    expect(timers).toContain(700_000_000);
  });
});

/** The watch of the first bake sees other weights. */
async function startDriftedInBake(world: World): Promise<ReleaseHandle> {
  const held = world.hold('watchRule');
  const handle = await releases.start(world);
  await held.begun;
  world.weights = { blue: 80, green: 20 };
  held.release();
  return handle;
}

/** The rule is changed behind the release's back when its bake is over. */
async function startDrifted(world: World, weights: Weights): Promise<ReleaseHandle> {
  const held = world.hold('measure');
  const handle = await releases.start(world);
  await held.begun;
  world.weights = weights;
  held.release();
  return handle;
}
