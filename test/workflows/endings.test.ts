import { beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../domain/failure.js';
import type { Plan } from '../../domain/plan.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import { weightsFor } from '../../domain/traffic.js';
import { abortSignal } from '../../workflows/messages.js';
import { type HistoryEvent, eventsOf, hadEndedBefore, runbookOf, untilCancelRequested } from './history.js';
import { annSays, untilStep } from './operator.js';
import { canaryOf, wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import type { World } from './world.js';

const releases = withReleases();

/** The runbook up to the last step from which there is a way back, and what each step leaves to be undone. */
const provisioned = ['undo/provision', 'undo/provision/test-rule'];
const deployed = ['undo/deploy', 'undo/expand', ...provisioned.slice(1)];
const runbook: readonly Line[] = [
  { kind: 'acts', name: 'provision', undos: provisioned },
  { kind: 'acts', name: 'expand', undos: ['undo/expand', ...provisioned] },
  { kind: 'acts', name: 'backfill', undos: ['undo/expand', ...provisioned] },
  { kind: 'acts', name: 'deploy', undos: deployed },
  { kind: 'reads', name: 'awaitRollout', undos: deployed },
  { kind: 'reads', name: 'smoke', undos: deployed },
  { kind: 'acts', name: 'shift/50', undos: ['undo/shift/50', ...deployed] },
  { kind: 'reads', name: 'watchRule', undos: ['undo/shift/50', ...deployed] },
  { kind: 'waits', name: 'bake 50 %', undos: ['undo/shift/50', ...deployed] },
  { kind: 'reads', name: 'measure', undos: ['undo/shift/50', ...deployed] },
  { kind: 'acts', name: 'cut-over', undos: ['undo/cut-over', ...deployed] },
  { kind: 'waits', name: 'keep warm', undos: ['undo/cut-over', ...deployed] },
  { kind: 'reads', name: 'awaitNoRequests', undos: ['undo/cut-over', ...deployed] },
  { kind: 'acts', name: 'retire', undos: ['undo/retire', 'undo/cut-over', ...deployed] },
  { kind: 'reads', name: 'awaitRetired', undos: ['undo/retire', 'undo/cut-over', ...deployed] },
  { kind: 'reads', name: 'awaitContractEvidence', undos: ['undo/retire', 'undo/cut-over', ...deployed] },
];

interface Line {
  /** `acts`: changes the world, and is awaited. `reads`: is abandoned. `waits`: a timer. */
  readonly kind: 'acts' | 'reads' | 'waits';
  readonly name: string;
  readonly undos: readonly string[];
}

type Ending = 'fails' | 'is aborted' | 'is cancelled';

const cases = runbook.flatMap((line) =>
  (['fails', 'is aborted', 'is cancelled'] as const)
    // A timer cannot fail.
    .filter((ending) => ending !== 'fails' || line.kind !== 'waits')
    .map((ending) => ({ line, ending, title: `${line.name} ${ending}` })),
);

interface Ended {
  readonly world: World;
  readonly result: ReleaseResult;
  readonly events: readonly HistoryEvent[];
}

const runs = new Map<string, Promise<Ended>>();

// All at once: most of their time is waiting for one another's timers.
beforeAll(async () => {
  for (const { line, ending, title } of cases) runs.set(title, run(line, ending));
  await Promise.allSettled(runs.values());
});

async function run(line: Line, ending: Ending): Promise<Ended> {
  const world = releases.world(planOf(line));
  const handle = await endAt(world, line, ending);
  return { world, result: await handle.result(), events: await eventsOf(handle) };
}

function ended(title: string): Promise<Ended> {
  return runs.get(title) ?? Promise.reject(new Error(`${title} was not run`));
}

describe.each(cases.map((it) => [it.title, it] as const))('when %s', (title, { line, ending }) => {
  it('goes back newest first, once, and acts no further', async () => {
    const { events } = await ended(title);
    expect(runbookOf(events)).toEqual([
      ...forwardTo(line),
      'beginWayBack',
      ...line.undos,
      'proveWayBack',
      'endRelease',
    ]);
  });

  it(waitsFor(line, ending) ? 'first lets the call on the wire come to its end' : 'waits for nothing', async () => {
    const { events } = await ended(title);
    expect(hadEndedBefore(events, line.name, 'beginWayBack')).toBe(waitsFor(line, ending));
  });

  it('ends rolled-back with the reason, in Temporal and in the ledger', async () => {
    const { result, world } = await ended(title);
    expect(result).toMatchObject({ outcome: 'rolled-back', failure: reasonOf(line, ending) });
    expect(world.releases[0]?.results).toEqual([result]);
    expect(world.weights).toEqual(weightsFor('blue', 100));
  });
});

describe('before admission has ended', () => {
  it('refuses a release whose admission fails, and has nothing to undo', async () => {
    const world = releases.world();
    world.fail('admit', 'plan-refused');
    const handle = await releases.start(world);
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'refused', failure: { code: 'plan-refused' } });
    expect(world.releases[0]?.results).toEqual([result]);
    expect(runbookOf(await eventsOf(handle))).toEqual(['admit', 'endRelease']);
  });

  it('refuses a release that is aborted while it is planned', async () => {
    const world = releases.world();
    const hung = world.hang('admit');
    const handle = await releases.start(world);
    await hung.begun;
    await handle.signal(abortSignal, annSays('wrong one'));
    expect(await handle.result()).toMatchObject({ outcome: 'refused', failure: { message: 'ann: wrong one' } });
    expect(runbookOf(await eventsOf(handle))).toEqual(['admit', 'endRelease']);
  });

  it('goes back through the ledger when admission took effect after all', async () => {
    const world = releases.world();
    const held = world.hold('admit');
    const handle = await releases.start(world);
    await held.begun;
    await handle.signal(abortSignal, annSays('wrong one'));
    await untilCancelRequested(handle);
    held.release();
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(runbookOf(await eventsOf(handle))).toEqual(['admit', 'beginWayBack', 'proveWayBack', 'endRelease']);
  });
});

function waitsFor(line: Line, ending: Ending): boolean {
  return line.kind === 'acts' || ending === 'fails';
}

function planOf(line: Line): Partial<Plan> {
  const hour = 3_600_000;
  return {
    database: wholeDatabase,
    ...(line.name === 'keep warm' ? { warmWindowMs: hour } : {}),
    ...(line.name === 'bake 50 %' ? { canary: canaryOf([{ weight: 50, bakeMs: hour }]) } : {}),
  };
}

async function endAt(world: World, line: Line, ending: Ending): Promise<ReleaseHandle> {
  if (ending === 'fails') {
    world.fail(line.name, 'aws-refused');
    return releases.start(world);
  }
  const end = (handle: ReleaseHandle) =>
    ending === 'is aborted' ? handle.signal(abortSignal, annSays('enough')) : handle.cancel();
  switch (line.kind) {
    case 'acts': {
      const held = world.hold(line.name);
      const handle = await releases.start(world);
      await held.begun;
      await end(handle);
      await untilCancelRequested(handle);
      held.release();
      return handle;
    }
    case 'reads': {
      const hung = world.hang(line.name);
      const handle = await releases.start(world);
      await hung.begun;
      await end(handle);
      return handle;
    }
    case 'waits': {
      const handle = await releases.start(world);
      await untilStep(handle, line.name);
      await end(handle);
      return handle;
    }
  }
}

function forwardTo(line: Line): string[] {
  const lines = runbook.slice(0, runbook.indexOf(line) + 1);
  return ['admit', ...lines.filter(({ kind }) => kind !== 'waits').map(({ name }) => name)];
}

function reasonOf(line: Line, ending: Ending): Failure {
  switch (ending) {
    case 'fails':
      return { code: 'aws-refused', message: `${line.name} was told to fail` };
    case 'is aborted':
      return { code: 'aborted', message: 'ann: enough' };
    case 'is cancelled':
      return { code: 'aborted', message: 'the run was cancelled; nobody said why' };
  }
}
