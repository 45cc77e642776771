import { sleep } from '@temporalio/workflow';
import type { Undo } from '../domain/effect.js';
import type { Failure } from '../domain/failure.js';
import type { Ending, ReleaseResult } from '../domain/release-state.js';
import { undoBooks, undos } from './activity-proxies.js';
import { finishContract } from './contract.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

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
    const { release } = run;
    run.note({ phase: 'roll-back', step: 'begin way back' });
    run.decide('sluice', `go back: ${failure.code} (${failure.message})`);

    const way = await undoBooks.beginWayBack(release);
    if (way.pastPointOfNoReturn) {
      return end(run, await run.undoStep('contract', () => finishContract(run, way.generation)));
    }

    let trafficBackMs: number | undefined;
    const undone: Undo[] = [];
    const skipped: string[] = [];
    for (const undo of way.undos) {
      const skip = await undoOne(run, way.generation, undo);
      if (skip !== undefined) {
        skipped.push(skip);
        continue;
      }
      undone.push(undo);
      if (undo.change.kind === 'traffic' && undo.change.rule === 'production') {
        run.note({ weights: undo.change.state });
        trafficBackMs = Date.now() - decidedAt;
        // The rule is back, but not every node of the load balancer has read it: no task may be stopped yet.
        await sleep(way.settleMs, { summary: 'the rule settles' });
      }
    }
    const unproven = await prove(run, way.generation, undone);
    if (unproven !== undefined) skipped.push(unproven);

    const back = { failure, ...(trafficBackMs === undefined ? {} : { trafficBackMs }) };
    if (skipped.length === 0) return end(run, { outcome: 'rolled-back', ...back });
    const message = `${failure.code}: ${failure.message}; not proven, taken over by hand: ${skipped.join(', ')}`;
    return end(run, { ...back, outcome: 'needs-operator', failure: { code: failure.code, message } });
  },
};

async function undoOne(run: Run, generation: number, undo: Undo): Promise<string | undefined> {
  const { release } = run;
  const summary = describeUndo(undo);
  const skip = await parkUntil(run, undo.name, { halts: 'any', answers: ['retry', 'skip'] }, () =>
    run.undoStep(undo.name, () => undos.undo.executeWithOptions({ summary }, [{ release, generation, undo }]), summary),
  );
  if (skip === undefined) return undefined;
  const note = `${skip.actor}: ${skip.reason}`;
  await undoBooks.skipUndo({ release, generation, undo, note });
  return `${undo.name} (${note})`;
}

/** A second pass over what was undone: proof that it holds, and a mend where a late call of a fenced attempt broke it. */
async function prove(run: Run, generation: number, undone: readonly Undo[]): Promise<string | undefined> {
  const { release } = run;
  const name = 'prove way back';
  const skip = await parkUntil(run, name, { halts: 'any', answers: ['retry', 'skip'] }, () =>
    run.undoStep(name, () => undos.proveWayBack({ release, generation, undos: undone })),
  );
  return skip === undefined ? undefined : `${name} (${skip.actor}: ${skip.reason})`;
}

async function end(run: Run, result: Ending): Promise<ReleaseResult> {
  const whole = { lane: run.release.lane, version: run.release.version, ...result };
  await undoBooks.endRelease(whole);
  return run.end(whole);
}

function describeUndo({ change }: Undo): string {
  return `${change.kind} back to ${JSON.stringify(change.state)}`;
}
