import { describe, expect, it } from 'vitest';
import { abortSignal, retrySignal, skipSignal } from '../../workflows/messages.js';
import { annSays, statusOf, untilDecided, untilGate } from './operator.js';
import { wholeDatabase } from './plan.js';
import { withReleases } from './with-releases.js';

const releases = withReleases();

// A watch that has waited for as long as the plan allows says `version-in-use`.
const watches = [
  ['await no requests', 'awaitNoRequests'],
  ['await retired', 'awaitRetired'],
  ['prove old version gone', 'awaitContractEvidence'],
] as const;

describe.concurrent.each(watches)('an old version that lingers at %s', (gate, activity) => {
  it('has a person asked, and is waited for again on retry', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail(activity, 'version-in-use', 1);
    const handle = await releases.start(world);
    const { phase, gate: asked } = await untilGate(handle, gate);
    expect(phase).toBe('needs-operator');
    expect(asked?.reason).toMatch(/^version-in-use: .* End what still uses the version that must go/);
    await handle.signal(retrySignal, { ...annSays('ended the session'), gate });
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun.filter((name) => name === activity)).toHaveLength(2);
  });

  it('lets it be taken back', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail(activity, 'version-in-use');
    const handle = await releases.start(world);
    await untilGate(handle, gate);
    await handle.signal(abortSignal, annSays('it is needed'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(world.weights).toEqual({ blue: 100, green: 0 });
  });
});

describe.concurrent('going on without', () => {
  it.each(watches.slice(0, 2))('is a person’s to decide at %s', async (gate, activity) => {
    const world = releases.world({ database: wholeDatabase });
    world.fail(activity, 'version-in-use');
    const handle = await releases.start(world);
    await untilGate(handle, gate);
    await handle.signal(skipSignal, { ...annSays('the metrics are down, I looked'), gate });
    const { outcome, failure } = await handle.result();
    expect(outcome).toBe('needs-operator');
    expect(failure).toMatchObject({
      code: 'wait-skipped',
      message: expect.stringContaining(`${gate} (ann: the metrics are down, I looked)`),
    });
    expect(world.begun).toContain('awaitContractEvidence');
    expect(world.weights).toEqual({ blue: 0, green: 100 });
  });

  it('is nobody’s to decide before contract', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('awaitContractEvidence', 'version-in-use', 1);
    const handle = await releases.start(world);
    const { gate } = await untilGate(handle, 'prove old version gone');
    expect(gate?.answers).toEqual(['retry', 'abort']);
    await handle.signal(skipSignal, annSays('go on'));
    await untilDecided(handle, 'skip refused, nothing waits for it: go on');
    expect((await statusOf(handle)).gate?.name).toBe('prove old version gone');
    await handle.signal(retrySignal, annSays('gone'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });
});

describe.concurrent('an answer', () => {
  it('to a step that no longer waits is noted and refused', async () => {
    const world = releases.world();
    world.fail('awaitNoRequests', 'version-in-use', 1);
    const handle = await releases.start(world);
    await untilGate(handle, 'await no requests');
    await handle.signal(skipSignal, { ...annSays('done'), gate: 'undo/deploy' });
    await untilDecided(handle, 'skip undo/deploy refused, await no requests waits: done');
    expect((await statusOf(handle)).gate?.name).toBe('await no requests');
    await handle.signal(retrySignal, annSays('again'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });
});
