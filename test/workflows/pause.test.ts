import { describe, expect, it } from 'vitest';
import { weightsFor } from '../../domain/traffic.js';
import { abortSignal, pauseSignal, resumeSignal } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import { eventsOf, inputOf, runbookOf } from './history.js';
import { annSays, statusOf, untilDecided } from './operator.js';
import { planFor } from './plan.js';
import { withReleases } from './with-releases.js';

const releases = withReleases();

describe.concurrent('pause', () => {
  it('lets the step that is on end, and holds before the next until somebody resumes', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(pauseSignal, annSays('lunch'));
    await untilDecided(handle, 'pause: lunch');
    held.release();
    const { steps } = await until(
      () => statusOf(handle),
      (status) => status.steps.at(-1)?.endedAt !== undefined,
    );
    expect(steps.at(-1)?.name).toBe('deploy');
    expect(runbookOf(await eventsOf(handle)).at(-1)).toBe('deploy');

    await handle.signal(resumeSignal, annSays('back'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const { paused, decisions } = await statusOf(handle);
    expect(paused).toBeUndefined();
    // The step that waited for the resume has all of its time.
    const resumed = decisions.find(({ text }) => text === 'resume: back');
    const { rolloutTimeoutMs } = planFor({ lane: world.lane, version: '2' });
    const { deadlineAt } = inputOf(await eventsOf(handle), 'awaitRollout') as { readonly deadlineAt: number };
    expect(deadlineAt).toBeGreaterThanOrEqual((resumed?.at ?? Infinity) + rolloutTimeoutMs);
  });

  it('stands in no abort’s way', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(pauseSignal, annSays('hm'));
    held.release();
    await until(
      () => statusOf(handle),
      (status) => status.steps.at(-1)?.endedAt !== undefined,
    );
    await handle.signal(abortSignal, annSays('no'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { message: 'ann: no' } });
  });

  it('never stops an undo', async () => {
    const world = releases.world();
    world.fail('cut-over', 'aws-refused');
    const held = world.hold('undo/cut-over');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(pauseSignal, annSays('wait'));
    await untilDecided(handle, 'pause: wait');
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(world.weights).toEqual(weightsFor('blue', 100));
  });

  it('counts once when it is said twice under one request id', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    const pause = annSays('lunch');
    const resume = annSays('back');
    for (const said of [pause, pause]) await handle.signal(pauseSignal, said);
    for (const said of [resume, resume]) await handle.signal(resumeSignal, said);
    // A client that retries late must not stop the release again.
    await handle.signal(pauseSignal, pause);
    await untilDecided(handle, 'resume: back');
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const { decisions } = await statusOf(handle);
    expect(decisions.filter(({ actor }) => actor === 'ann').map(({ text }) => text)).toEqual([
      'pause: lunch',
      'resume: back',
    ]);
  });

  it('can be said bare in the Temporal UI, by nobody and for no reason', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal('pause');
    const { paused } = await untilDecided(handle, 'pause: no reason given');
    expect(paused).toEqual({ actor: 'somebody', reason: 'no reason given' });
    await handle.signal('resume');
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('can be resumed without having been said', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(resumeSignal, annSays('just to be sure'));
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });
});
