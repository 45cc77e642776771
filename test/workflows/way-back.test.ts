import { describe, expect, it } from 'vitest';
import { abortSignal, retrySignal, skipSignal } from '../../workflows/messages.js';
import { eventsOf, runbookOf } from './history.js';
import { annSays, statusOf, untilDecided, untilGate } from './operator.js';
import { wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import type { World } from './world.js';

const releases = withReleases();

/** A release that is on its way back from all its traffic. */
async function startBroken(world: World): Promise<ReleaseHandle> {
  world.fail('retire', 'aws-refused');
  return releases.start(world);
}

describe.concurrent('an undo that stays broken', () => {
  it('stands as needs-operator with its reason, and is tried again on retry', async () => {
    const world = releases.world();
    world.fail('undo/cut-over', 'aws-refused', 1);
    const handle = await startBroken(world);
    const { phase, gate } = await untilGate(handle, 'undo/cut-over');
    expect({ phase, gate }).toEqual({
      phase: 'needs-operator',
      gate: {
        name: 'undo/cut-over',
        reason: expect.stringContaining('aws-refused: undo/cut-over was told to fail') as string,
        answers: ['retry', 'skip'],
      },
    });
    // Nothing older is undone before it.
    expect(world.begun).not.toContain('undo/deploy');

    await handle.signal(retrySignal, annSays('the permission is back'));
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aws-refused' } });
    expect(result.trafficBackMs).toBeGreaterThanOrEqual(0);
  });

  it('is left to the person who skips it, and the release ends needs-operator and names them', async () => {
    const world = releases.world();
    world.fail('undo/deploy', 'aws-refused');
    const handle = await startBroken(world);
    await untilGate(handle, 'undo/deploy');
    await handle.signal(skipSignal, annSays('I stopped the tasks by hand'));
    const result = await handle.result();
    expect(result.outcome).toBe('needs-operator');
    expect(result.failure?.message).toContain('undo/deploy (ann: I stopped the tasks by hand)');
    expect(world.releases[0]?.effects.find(({ name }) => name === 'undo/deploy')?.status).toBe('skipped');
    // What is older is undone all the same, and only what was undone is proven.
    const events = await eventsOf(handle);
    expect(runbookOf(events).slice(-4)).toEqual([
      'skip undo/deploy',
      'undo/provision/test-rule',
      'proveWayBack',
      'endRelease',
    ]);
    expect((await statusOf(handle)).phase).toBe('needs-operator');
  });

  it('is not claimed to have brought traffic back when it was skipped', async () => {
    const world = releases.world();
    world.fail('undo/cut-over', 'aws-refused');
    const handle = await startBroken(world);
    await untilGate(handle, 'undo/cut-over');
    await handle.signal(skipSignal, annSays('later'));
    const result = await handle.result();
    expect(result.outcome).toBe('needs-operator');
    expect(result).not.toHaveProperty('trafficBackMs');
    expect((await statusOf(handle)).weights).toEqual(world.weights);
  });

  it('is retried without asking while it may still succeed', async () => {
    const world = releases.world();
    world.fail('undo/deploy', 'aws-throttled', 3);
    const handle = await startBroken(world);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    expect((await statusOf(handle)).decisions.map(({ actor }) => actor)).toEqual(['judge', 'sluice']);
  });
});

describe.concurrent('a way back that cannot begin', () => {
  it('waits for a person, and begins again on retry', async () => {
    const world = releases.world();
    world.fail('beginWayBack', 'aws-refused', 1);
    const handle = await startBroken(world);
    const { gate } = await untilGate(handle, 'begin way back');
    expect(gate?.answers).toEqual(['retry']);
    await handle.signal(retrySignal, annSays('the ledger is whole again'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('takes the next generation when a late attempt of its own beginning has fenced it', async () => {
    const world = releases.world();
    const held = world.hold('undo/cut-over');
    const handle = await startBroken(world);
    await held.begun;
    world.generation++;
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(world.weights).toEqual({ blue: 100, green: 0 });
    expect(world.begun.filter((name) => name === 'beginWayBack')).toHaveLength(2);
  });
});

describe.concurrent('a way back with a ledger that was restored from a backup', () => {
  it('counts on from what the database has seen, however many generations the ledger has forgotten', async () => {
    const world = releases.world({ database: wholeDatabase });
    world.watch('deploy', () => (world.databaseGeneration = 9));
    const handle = await startBroken(world);
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(world.generation).toBe(10);
  });
});

describe.concurrent('a way back that cannot be proven', () => {
  it('waits for a person, and is rolled back once it is proven', async () => {
    const world = releases.world();
    world.fail('proveWayBack', 'aws-refused', 1);
    const handle = await startBroken(world);
    await untilGate(handle, 'prove way back');
    await handle.signal(retrySignal, annSays('again'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('is not called rolled back when a person skips the proof', async () => {
    const world = releases.world();
    world.fail('proveWayBack', 'aws-refused');
    const handle = await startBroken(world);
    await untilGate(handle, 'prove way back');
    await handle.signal(skipSignal, annSays('I looked'));
    const result = await handle.result();
    expect(result.outcome).toBe('needs-operator');
    expect(result.failure?.message).toContain('prove way back (ann: I looked)');
  });
});

describe.concurrent('once the way back has begun', () => {
  it.each([
    ['another abort', (handle: ReleaseHandle) => handle.signal(abortSignal, annSays('quick'))],
    ['a raw cancellation', (handle: ReleaseHandle) => handle.cancel()],
  ])('%s changes nothing', async (_what, say) => {
    const world = releases.world();
    const held = world.hold('undo/cut-over');
    const handle = await startBroken(world);
    await held.begun;
    await say(handle);
    await handle.signal(retrySignal, annSays('heard'));
    await untilDecided(handle, 'retry refused, nothing waits for it: heard');
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aws-refused' } });
    const lines = runbookOf(await eventsOf(handle));
    expect(lines.slice(lines.indexOf('beginWayBack'))).toEqual([
      'beginWayBack',
      'undo/retire',
      'undo/cut-over',
      'undo/deploy',
      'undo/provision/test-rule',
      'proveWayBack',
      'endRelease',
    ]);
  });
});
