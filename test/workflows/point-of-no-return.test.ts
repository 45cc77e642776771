import { describe, expect, it } from 'vitest';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import { abortSignal, retrySignal, skipSignal } from '../../workflows/messages.js';
import type { recover } from '../../workflows/recover.js';
import { eventsOf, runbookOf } from './history.js';
import { annSays, statusOf, untilDecided, untilGate } from './operator.js';
import { wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';

const releases = withReleases();

describe.concurrent('past the point of no return', () => {
  it('notes an abort, refuses it, and goes on to the end', async () => {
    const world = releases.world({ database: wholeDatabase });
    const held = world.hold('contract');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(abortSignal, annSays('no!'));
    await untilDecided(handle, 'abort refused, contract has begun: no!');
    expect((await statusOf(handle)).noWayBack).toBe('contract has begun');
    held.release();
    expect(await handle.result()).toEqual({ lane: world.lane, version: 'v2', outcome: 'released' });
    expect(world.begun).not.toContain('beginWayBack');
  });

  it('is not stopped by a raw cancellation', async () => {
    const world = releases.world({ database: wholeDatabase });
    const held = world.hold('contract');
    const handle = await releases.start(world);
    await held.begun;
    await handle.cancel();
    await handle.signal(retrySignal, annSays('heard'));
    await untilDecided(handle, 'retry refused, nothing waits for it: heard');
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun).not.toContain('beginWayBack');
  });

  it('waits for a person when contract is broken, and tries again on retry', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'migration-failed', 1);
    const handle = await releases.start(world);
    const { phase, gate } = await untilGate(handle, 'contract');
    expect({ phase, answers: gate?.answers }).toEqual({ phase: 'needs-operator', answers: ['retry', 'skip'] });
    await handle.signal(retrySignal, annSays('the trigger is gone'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun.filter((name) => name === 'contract')).toHaveLength(2);
  });

  it('stays at a broken contract whoever aborts or cancels', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.fail('contract', 'migration-failed', 1);
    const handle = await releases.start(world);
    await untilGate(handle, 'contract');
    await handle.signal(abortSignal, annSays('no!'));
    await handle.cancel();
    await untilDecided(handle, 'abort refused, contract has begun: no!');
    expect((await statusOf(handle)).gate?.name).toBe('contract');
    await handle.signal(retrySignal, annSays('mended'));
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
