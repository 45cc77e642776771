import { setTimeout } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { releaseWorkflowId } from '../../domain/lane.js';
import { laneStatusQuery, withdrawUpdate } from '../../workflows/messages.js';
import { laneOf, submit } from './lane-client.js';
import { annSays } from './operator.js';
import { withReleases } from './with-releases.js';
import type { World } from './world.js';

const releases = withReleases();

describe.concurrent('a lane', () => {
  it('runs one release at a time, in the order they came, and ends when there is no more', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    for (const version of ['v3', 'v4']) {
      const answer = await submit(releases, world, version);
      expect(answer).toMatchObject({ version, state: 'queued', attached: false });
    }
    const lane = laneOf(releases, world);
    expect(await lane.query(laneStatusQuery)).toEqual({ lane: world.lane, running: 'v2', queued: ['v3', 'v4'] });
    expect(world.begun.filter((name) => name === 'admit')).toHaveLength(1);
    held.release();
    await lane.result();
    expect(world.releases.map(({ version, results }) => [version, results.map(({ outcome }) => outcome)])).toEqual([
      ['v2', ['released']],
      ['v3', ['released']],
      ['v4', ['released']],
    ]);
    const oneAfterTheOther = world.begun.filter((name) => name === 'admit' || name === 'endRelease');
    expect(oneAfterTheOther).toEqual(['admit', 'endRelease', 'admit', 'endRelease', 'admit', 'endRelease']);
  });

  it('lets go of a release that waits, once and for all, and not of one that has begun', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    await submit(releases, world, 'v2');
    await held.begun;
    await submit(releases, world, 'v3');
    const lane = laneOf(releases, world);
    const withdraw = (version: string) =>
      lane.executeUpdate(withdrawUpdate, { args: [{ ...annSays('not today'), lane: world.lane, version }] });
    expect(await withdraw('v2')).toEqual({ withdrawn: false });
    expect(await withdraw('v3')).toEqual({ withdrawn: true });
    expect(await lane.query(laneStatusQuery)).toMatchObject({ running: 'v2', queued: [] });
    held.release();
    await lane.result();
    expect(world.releases.map(({ version, results }) => [version, results.map(({ outcome }) => outcome)])).toEqual([
      ['v2', ['released']],
      ['v3', ['refused']],
    ]);
    expect(world.releases[1]?.results[0]?.failure).toEqual({
      code: 'aborted',
      message: 'withdrawn by ann: not today',
    });
  });

  it('goes on with the next release after one that was rolled back', async () => {
    const world = releases.world();
    const held = world.hold('admit');
    await submit(releases, world, 'v2');
    await held.begun;
    await submit(releases, world, 'v3');
    world.fail('smoke', 'smoke-failed', 1);
    held.release();
    await laneOf(releases, world).result();
    expect(world.releases.map(({ results }) => results[0]?.outcome)).toEqual(['rolled-back', 'released']);
  });

  it('attaches a repeated submission to the release that is queued, running or ended', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const first = await submit(releases, world, 'v2');
    expect(first).toMatchObject({ state: 'queued', attached: false });
    await held.begun;
    expect(await submit(releases, world, 'v2')).toEqual(first);
    expect(await submit(releases, world, 'v2', { requestId: 'second' })).toEqual({
      ...first,
      state: 'running',
      attached: true,
    });
    held.release();
    await laneOf(releases, world).result();
    expect(await submit(releases, world, 'v2', { requestId: 'third' })).toEqual({
      ...first,
      state: 'ended',
      outcome: 'released',
      attached: true,
    });
    await laneOf(releases, world).result();
    expect(world.begun.filter((name) => name === 'admit')).toHaveLength(1);
    const release = await releases.client.workflow.getHandle(releaseWorkflowId(world.lane, 'v2')).describe();
    expect(release.status.name).toBe('COMPLETED');
  });

  it('refuses other content under the same release id with the failure’s code', async () => {
    const world = releases.world();
    await submit(releases, world, 'v2');
    const refused = await submit(releases, world, 'v2', { hash: 'another hash', requestId: 'second' }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
    const cause = (refused as WorkflowUpdateFailedError).cause as ApplicationFailure;
    expect(cause.type).toBe('release-changed');
    expect(cause.message).toBe('admitted with v2, found another hash');
    await laneOf(releases, world).result();
    expect(world.releases[0]?.results).toHaveLength(1);
  });

  it('ends by itself when all it was asked was refused', async () => {
    const world = releases.world();
    world.fail('registerRelease', 'manifest-invalid');
    const refused = await submit(releases, world, 'v2').catch((error: unknown) => error);
    expect(((refused as WorkflowUpdateFailedError).cause as ApplicationFailure).type).toBe('manifest-invalid');
    await laneOf(releases, world).result();
  });

  it('waits for the ledger rather than refuse', async () => {
    const world = releases.world();
    world.fail('registerRelease', 'ledger-unreachable', 3);
    expect(await submit(releases, world, 'v2')).toMatchObject({ attached: false });
    await laneOf(releases, world).result();
    expect(world.releases[0]?.results[0]?.outcome).toBe('released');
  });
});

it('loses no submission that arrives while the lane ends', async () => {
  const versions = Array.from({ length: 13 }, (_, i) => `v${i}`);
  const worlds = await Promise.all(
    [0, 1, 2, 3].map(async (lane) => {
      const world = releases.world();
      world.fail('admit', 'plan-refused');
      for (const [i, version] of versions.entries()) {
        const lastLook = looksForTheLastTime(world);
        await submit(releases, world, version);
        await lastLook;
        // A little later each time, so that every moment of the end is hit.
        await setTimeout((i + lane / 4) % 12);
      }
      await laneOf(releases, world).result();
      return world;
    }),
  );
  for (const world of worlds) {
    expect(world.releases.map(({ version }) => version)).toEqual(versions);
    expect(world.releases.every(({ results }) => results.length === 1)).toBe(true);
  }
});

/** Until the lane asks the ledger for work, and there is none. */
function looksForTheLastTime(world: World): Promise<void> {
  return new Promise((resolve) =>
    world.watch('openReleases', () => {
      if (world.releases.length > 0 && world.releases.every(({ state }) => state === 'ended')) resolve();
    }),
  );
}
