import { describe, expect, it } from 'vitest';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import { abortSignal, retrySignal, skipSignal } from '../../workflows/messages.js';
import type { recover } from '../../workflows/recover.js';
import { until } from '../contract/until.js';
import { eventsOf, runbookOf } from './history.js';
import { annSays, statusOf, untilDecided, untilGate } from './operator.js';
import { wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';

const releases = withReleases();

describe.concurrent('past the point of no return', () => {
  it.each([
    ['an abort', (handle: ReleaseHandle) => handle.signal(abortSignal, annSays('no!')), 'ann: no!'],
    ['a raw cancellation', (handle: ReleaseHandle) => handle.cancel(), 'nobody said why'],
  ])('is not reached by a contract that waits for its locks: %s goes back', async (_name, stop, why) => {
    const world = releases.world({ database: wholeDatabase });
    world.contractWaits = true;
    world.fail('contract', 'database-locked');
    const handle = await releases.start(world);
    await until(
      () => Promise.resolve(world.begun),
      (begun) => begun.includes('contract'),
    );
    await stop(handle);
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(result.failure?.message).toContain(why);
    expect(world.weights).toEqual({ blue: 100, green: 0 });
  });

  it.each([
    ['an abort', (handle: ReleaseHandle) => handle.signal(abortSignal, annSays('no!'))],
    ['a raw cancellation', (handle: ReleaseHandle) => handle.cancel()],
  ])('goes on to the end after %s', async (_name, stop) => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'database-locked', 3);
    const handle = await releases.start(world);
    await until(
      () => Promise.resolve(world.begun),
      (begun) => begun.includes('contract'),
    );
    await stop(handle);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.weights).toEqual({ blue: 0, green: 100 });
    expect(world.begun.filter((name) => name.startsWith('undo/'))).toEqual([]);
  });

  it('refuses an abort while what has begun is finished', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'migration-failed', 2);
    const handle = await releases.start(world);
    expect((await untilGate(handle, 'contract')).gate?.answers).toEqual(['retry', 'skip', 'abort']);
    await handle.signal(abortSignal, annSays('no!'));
    await untilDecided(handle, 'go back: aborted (ann: no!)');
    const { noWayBack } = await until(
      () => statusOf(handle),
      ({ gate }) => gate?.answers.join() === 'retry,skip',
    );
    expect(noWayBack).toBe('contract has begun');
    await handle.signal(abortSignal, { ...annSays('really!'), requestId: 'second' });
    await untilDecided(handle, 'abort refused, contract has begun: really!');
    await handle.signal(retrySignal, annSays('mended'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('is passed by a contract that is done when the abort arrives, and the run says so', async () => {
    const world = releases.world({ database: wholeDatabase });
    const held = world.hold('contract');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(abortSignal, annSays('no!'));
    await untilDecided(handle, 'abort: no!');
    held.release();
    expect(await handle.result()).toEqual({ lane: world.lane, version: 'v2', outcome: 'released' });
    expect((await statusOf(handle)).decisions.map(({ text }) => text)).toContain(
      'the abort came too late: everything was done',
    );
    expect(world.begun).not.toContain('beginWayBack');
  });

  it('waits for a person when contract is broken, and tries again on retry', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'migration-failed', 1);
    const handle = await releases.start(world);
    const { phase, gate } = await untilGate(handle, 'contract');
    expect({ phase, answers: gate?.answers }).toEqual({
      phase: 'needs-operator',
      answers: ['retry', 'skip', 'abort'],
    });
    await handle.signal(retrySignal, annSays('the trigger is gone'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun.filter((name) => name === 'contract')).toHaveLength(2);
  });

  it('takes a generation of its own when somebody retries what was fenced', async () => {
    const world = releases.world({ database: wholeDatabase });
    const held = world.hold('contract');
    const handle = await releases.start(world);
    await held.begun;
    world.generation++;
    held.release();
    await untilGate(handle, 'contract');
    await handle.signal(retrySignal, annSays('it was a late attempt'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('ends needs-operator and names the person who goes on without contract', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'migration-failed');
    const handle = await releases.start(world);
    await untilGate(handle, 'contract');
    await handle.signal(skipSignal, annSays('dropped the columns myself'));
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'needs-operator', failure: { code: 'contract-skipped' } });
    expect(result.failure?.message).toContain('ann: dropped the columns myself');
    expect(world.releases[0]?.results).toEqual([result]);
    expect(world.releases[0]?.effects.find(({ name }) => name === 'contract')).toMatchObject({
      status: 'skipped',
      note: 'ann: dropped the columns myself',
    });
  });

  it('is finished by the recovery of a release that was terminated in contract', async () => {
    const world = releases.world({ database: wholeDatabase });
    const held = world.hold('contract');
    const handle = await releases.start(world);
    await held.begun;
    await handle.terminate('by hand');
    held.release();
    world.fail('contract', 'database-locked', 1);
    const recovery: ReleaseHandle = await releases.client.workflow.start<typeof recover>('recover', {
      workflowId: `${handle.workflowId}/recovery`,
      taskQueue: releaseTaskQueue,
      args: [{ release: { lane: world.lane, version: 'v2' }, reason: 'terminated' }],
    });
    expect(await recovery.result()).toEqual({ lane: world.lane, version: 'v2', outcome: 'released' });
    expect(runbookOf(await eventsOf(recovery))).toEqual(['beginWayBack', 'contract', 'endRelease']);
  });
});
