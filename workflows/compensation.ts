import { sleep } from '@temporalio/workflow';
import type { Undo } from '../domain/effect.js';
import type { Failure } from '../domain/failure.js';
import type { Ending, ReleaseResult } from '../domain/release-state.js';
import type { WayBack as PlannedWayBack } from '../activities/way-back.js';
import { describeUndo } from '../domain/change-text.js';
import { ReleaseError } from '../domain/failure.js';
import { undoBooks, undos } from './activity-proxies.js';
import { finishContract } from './contract.js';
import { toFailure } from './failure.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

type WayBack = { -readonly [K in keyof PlannedWayBack]: PlannedWayBack[K] };

/** The ways back. The caller shields them from cancellation. */
export const goBack = {
  /** Nothing was changed: the release was refused before its first effect. */
  async withoutChanges(run: Run, failure: Failure): Promise<ReleaseResult> {
    return end(run, { outcome: 'refused', failure });
  },

  /**
   * Undoes what the ledger holds, newest first, and proves it. Works for a run that is no more, too: nothing is taken
   * from this run's memory. Past the point of no return the way back is forward.
   */
  async throughLedger(run: Run, failure: Failure): Promise<ReleaseResult> {
    const decidedAt = Date.now();
    run.note({ phase: 'roll-back', step: 'begin way back', goingBack: true });
    run.decide('sluice', `go back: ${failure.code} (${failure.message})`);

    const way = await begin(run);
    if (way.ended !== undefined) return run.end({ outcome: way.ended, failure });
    if (way.pastPointOfNoReturn) {
      run.passPointOfNoReturn('contract has begun');
      return end(run, await run.undoStep('contract', () => finishContract(run, way.generation, ['retry', 'skip'])));
    }

    let trafficBackMs: number | undefined;
    const undone: Undo[] = [];
    const skipped: string[] = [];
    for (const undo of way.undos) {
      const skip = await undoOne(run, way, undo, undone);
      const ofTraffic = undo.change.kind === 'traffic' && undo.change.rule === 'production';
      if (skip === undefined) {
        undone.push(undo);
        if (ofTraffic) {
          run.note({ weights: undo.change.state });
          trafficBackMs = Date.now() - decidedAt;
        }
      } else skipped.push(skip);
      // The rule is back, by us or by hand, but not every node of the load balancer has read it: no task may be stopped yet.
      if (ofTraffic) await sleep(way.settleMs, { summary: 'the rule settles' });
    }
    const unproven = await prove(run, way, undone);
    if (unproven !== undefined) skipped.push(unproven);

    const back = { failure, ...(trafficBackMs === undefined ? {} : { trafficBackMs }) };
    if (skipped.length === 0) return end(run, { outcome: 'rolled-back', ...back });
    const message = `not proven, taken over by hand: ${skipped.join(', ')}; it went back for ${failure.code}: ${failure.message}`;
    return end(run, { ...back, outcome: 'needs-operator', failure: { code: 'undo-skipped', message } });
  },
};

/** Not even this may fail the run: with the ledger in disorder the release stands, and says so. */
async function begin(run: Run): Promise<WayBack> {
  let way: WayBack | undefined;
  await parkUntil(run, 'begin way back', { halts: 'any', answers: ['retry'] }, async () => {
    way = await undoBooks().beginWayBack(run.release);
  });
  if (way === undefined) throw new ReleaseError('release-unknown', 'the way back was never begun');
  return way;
}

/** With what was undone before it, which is made to hold first: each line relies on the ones before. */
async function undoOne(run: Run, way: WayBack, undo: Undo, undone: readonly Undo[]): Promise<string | undefined> {
  const { release } = run;
  const { settleMs } = way;
  const earlier = [...undone];
  if (undo.progress.kind === 'done') return undefined;
  if (undo.progress.kind === 'skipped') return `${undo.name} (${undo.progress.note})`;
  const change = describeUndo(undo.change);
  const skip = await parkUntil(run, undo.name, { halts: 'any', answers: ['retry', 'skip'] }, () =>
    run.undoStep(
      undo.name,
      () =>
        fenced(run, way, [undo], (generation) =>
          undos().undo.executeWithOptions({ summary: change }, [{ release, generation, undo, earlier, settleMs }]),
        ),
      change,
    ),
  );
  if (skip === undefined) return undefined;
  const note = `${skip.actor}: ${skip.reason}`;
  await undoBooks().skipUndo({ release, generation: way.generation, undo, note });
  return `${undo.name} (${note})`;
}

/** A second pass over what was undone: proof that it holds, and a mend where a late call of a fenced attempt broke it. */
async function prove(run: Run, way: WayBack, undone: readonly Undo[]): Promise<string | undefined> {
  const { release } = run;
  const name = 'prove way back';
  const skip = await parkUntil(run, name, { halts: 'any', answers: ['retry', 'skip'] }, () =>
    run.undoStep(name, () =>
      fenced(run, way, undone, (generation) =>
        undos().proveWayBack({ release, generation, undos: undone, settleMs: way.settleMs }),
      ),
    ),
  );
  return skip === undefined ? undefined : `${name} (${skip.actor}: ${skip.reason})`;
}

/**
 * The lane runs one way back at a time, so whoever fenced this one is a late attempt of its own beginning, or a database
 * that remembers more than a restored ledger: it takes the next generation that neither knows, and goes on.
 */
async function fenced(
  run: Run,
  way: WayBack,
  about: readonly Undo[],
  act: (generation: number) => Promise<void>,
): Promise<void> {
  try {
    await act(way.generation);
  } catch (error) {
    if (toFailure(error).code !== 'fenced') throw error;
    const isOfSchema = about.some(({ change }) => change.kind === 'schema' || change.kind === 'rights');
    const { generation } = await (isOfSchema
      ? undoBooks().beginWayBack(run.release, 'database')
      : undoBooks().beginWayBack(run.release));
    way.generation = generation;
    await act(generation);
  }
}

async function end(run: Run, result: Ending): Promise<ReleaseResult> {
  const whole = { lane: run.release.lane, version: run.release.version, ...result };
  await undoBooks().endRelease(whole);
  return run.end(whole);
}
