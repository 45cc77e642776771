import { patched } from '@temporalio/workflow';
import type { Ending } from '../domain/release-state.js';
import { migrations, undoBooks, undos } from './activity-proxies.js';
import { toFailure } from './failure.js';
import { type ParkPolicy, parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * Runs what is left of contract; one that is broken waits for an operator. The point of no return is its first
 * statement, which only the database knows: an abort stops it between statements, and the way back looks which way
 * there is. One who goes on without it is named: that the schema is contracted is then not proven. What a soft contract
 * has taken away comes back then, too.
 */
export async function finishContract(run: Run, admittedWith: number, answers: ParkPolicy['answers']): Promise<Ending> {
  const { release } = run;
  let generation = admittedWith;
  const fenced = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      // Whoever retries means it: the attempt that took over may have been a late one of this very release.
      if (toFailure(error).code === 'fenced')
        generation = (await undoBooks().beginWayBack(release, 'database')).generation;
      throw error;
    }
  };
  const skip = await parkUntil(run, 'contract', { halts: 'any', answers }, () =>
    fenced(() => migrations.migrate({ release, generation, phase: 'contract' })),
  );
  if (skip === undefined) return { outcome: 'released' };
  const note = `${skip.actor}: ${skip.reason}`;
  if (patched('contract-taken-over')) {
    await parkUntil(run, 'end of contract', { halts: 'any', answers: ['retry', 'skip'] }, () =>
      fenced(() => undos().skipContract({ release, generation, note })),
    );
  }
  const message = `not proven, taken over by hand: contract (${note})`;
  return { outcome: 'needs-operator', failure: { code: 'contract-skipped', message } };
}
