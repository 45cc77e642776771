import { describe, expect, it } from 'vitest';
import { recoveryWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import { skipSignal } from '../../workflows/messages.js';
import type { reaper } from '../../workflows/reaper.js';
import type { recover } from '../../workflows/recover.js';
import { until } from '../contract/until.js';
import { eventsOf, runbookOf } from './history.js';
import { laneOf, submit, wakeLane } from './lane-client.js';
import { annSays, untilGate, untilStarted } from './operator.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import type { World } from './world.js';

const releases = withReleases();

const releaseOf = (world: World): ReleaseHandle =>
  releases.client.workflow.getHandle(releaseWorkflowId(world.lane, 'v2'));

const recoveryOf = (world: World) =>
  releases.client.workflow.getHandle<typeof recover>(recoveryWorkflowId(world.lane, 'v2'));

describe.concurrent('a release that was terminated', () => {
  it('is recovered once, from the ledger, before the next release begins', async () => {
    const world = releases.world();
    const held = world.hold('shift/50');
    await submit(releases, world, 'v2');
    await held.begun;
    await submit(releases, world, 'v3');
    await releaseOf(world).terminate();
    const result = await recoveryResult(world);
    expect(result).toMatchObject({
      outcome: 'rolled-back',
      failure: { code: 'internal', message: 'the run was lost: Terminated' },
    });
    expect(world.releases[0]?.results).toEqual([result]);
    expect(runbookOf(await eventsOf(recoveryOf(world)))).toEqual([
      'beginWayBack',
      'undo/shift/50',
      'undo/deploy',
      'undo/provision/test-rule',
      'proveWayBack',
      'endRelease',
    ]);

    // The call that was on the wire lands too late.
    held.release();
    await laneOf(releases, world).result();
    expect(world.releases[1]?.results[0]?.outcome).toBe('released');
    expect(world.begun.filter((name) => name === 'beginWayBack')).toHaveLength(1);
  });
});

describe.concurrent('a lane that was terminated and started again', () => {
  it('follows the release that is running, and does not start it twice', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    const { runId } = await releaseOf(world).describe();
    await laneOf(releases, world).terminate();
    expect((await releaseOf(world).describe()).status.name).toBe('RUNNING');

    const lane = await wakeLane(releases, world);
    await until(
      () => eventsOf(lane),
      (events) => runbookOf(events).includes('followRun'),
    );
    held.release();
    await lane.result();
    expect((await releaseOf(world).describe()).runId).toBe(runId);
    expect(world.releases[0]?.results).toMatchObject([{ outcome: 'released' }]);
    expect(world.begun.filter((name) => name === 'admit')).toHaveLength(1);
  });

  it('follows a release that was started and is not admitted yet', async () => {
    const world = releases.world();
    const held = world.hold('admit');
    await submit(releases, world, 'v2');
    await held.begun;
    await laneOf(releases, world).terminate();
    const lane = await wakeLane(releases, world);
    await until(
      () => eventsOf(lane),
      (events) => runbookOf(events).includes('followRun'),
    );
    held.release();
    await lane.result();
    expect(world.releases[0]?.results).toMatchObject([{ outcome: 'released' }]);
    expect(world.begun.filter((name) => name === 'admit')).toHaveLength(1);
  });

  it('follows a recovery that is running', async () => {
    const world = releases.world();
    world.fail('cut-over', 'aws-refused');
    const held = world.hold('undo/deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    await releaseOf(world).terminate();
    await until(
      () => Promise.resolve(world.begun),
      (begun) => begun.filter((name) => name === 'undo/deploy').length === 2,
    );
    await laneOf(releases, world).terminate();
    const lane = await wakeLane(releases, world);
    await until(
      () => eventsOf(lane),
      (events) => runbookOf(events).filter((name) => name === 'followRun').length === 2,
    );
    held.release();
    await lane.result();
    expect(world.releases[0]?.results).toMatchObject([{ outcome: 'rolled-back' }]);
    // Once by the release, once by its recovery.
    expect(world.begun.filter((name) => name === 'beginWayBack')).toHaveLength(2);
  });
});

describe.concurrent('what the ledger says', () => {
  it('is kept by a recovery: a line that a person took over stays theirs', async () => {
    const world = releases.world();
    world.fail('retire', 'aws-refused');
    world.fail('undo/cut-over', 'aws-refused');
    const held = world.hold('proveWayBack');
    await submit(releases, world, 'v2');
    await untilStarted(releaseOf(world));
    await untilGate(releaseOf(world), 'undo/cut-over');
    await releaseOf(world).signal(skipSignal, annSays('set the rule by hand'));
    await held.begun;
    await releaseOf(world).terminate();
    held.release();
    const result = await recoveryResult(world);
    expect(result.outcome).toBe('needs-operator');
    expect(result.failure?.message).toContain('undo/cut-over (ann: set the rule by hand)');
    // What was undone before is not done again, only proven.
    const lines = runbookOf(await eventsOf(recoveryOf(world)));
    expect(lines).toEqual(['beginWayBack', 'proveWayBack', 'endRelease']);
  });

  it('is mended from what the run has proven: a release that it holds as open, whose run has ended', async () => {
    const world = releases.world();
    // As after a restore of the ledger from a moment before the end.
    world.watch('openReleases', () => {
      const [release] = world.releases;
      if (release?.results.length === 1) release.state = 'running';
    });
    await submit(releases, world, 'v2');
    await laneOf(releases, world).result();
    expect(world.releases[0]?.results).toMatchObject([{ outcome: 'released' }, { outcome: 'released' }]);
    expect(world.begun).not.toContain('beginWayBack');
  });
});

describe.concurrent('a lane that comes to grief', () => {
  it('leaves its release alone when it is cancelled', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    const lane = laneOf(releases, world);
    await lane.cancel();
    await lane.result().catch(() => undefined);
    expect((await lane.describe()).status.name).toBe('CANCELLED');
    held.release();
    expect(await releaseOf(world).result()).toMatchObject({ outcome: 'released' });
    expect(world.begun).not.toContain('beginWayBack');
  });

  it('fails and says so when somebody ends its recovery by hand, and its next run recovers again', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const undo = world.hold('undo/deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    const lane = laneOf(releases, world);
    await releaseOf(world).terminate();
    await undo.begun;
    await recoveryOf(world).terminate();
    await expect(lane.result()).rejects.toMatchObject({ cause: { message: 'the recovery was lost: Terminated' } });

    held.release();
    undo.release();
    await (await wakeLane(releases, world)).result();
    expect(world.releases[0]?.results).toMatchObject([{ outcome: 'rolled-back' }]);
  });
});

// By itself: the reaper looks after every lane there is.
it('has the reaper give a release that nobody looks after a lane, which recovers it', async () => {
  const world = releases.world();
  const held = world.hold('deploy');
  await submit(releases, world, 'v2');
  await held.begun;
  await laneOf(releases, world).terminate();
  await releaseOf(world).terminate();
  held.release();
  const woken = await releases.client.workflow.execute<typeof reaper>('reaper', {
    workflowId: `reaper/${world.lane.service}`,
    taskQueue: releaseTaskQueue,
  });
  expect(woken).toContain(`test/${world.lane.service}`);
  await laneOf(releases, world).result();
  expect(world.releases[0]?.results).toMatchObject([{ outcome: 'rolled-back' }]);
});

async function recoveryResult(world: World) {
  await untilStarted(recoveryOf(world));
  return recoveryOf(world).result();
}
