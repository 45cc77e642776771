import type { Ending } from '../domain/release-state.js';
import { migrations, undoBooks } from './activity-proxies.js';
import { toFailure } from './failure.js';
import { type ParkPolicy, parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * Runs what is left of contract; one that is broken waits for an operator. The point of no return is its first
 * statement, which only the database knows: an abort stops it between statements, and the way back looks which way
 * there is. One who goes on without it is named: that the schema is contracted is then not proven.
 */
export async function finishContract(run: Run, admittedWith: number, answers: ParkPolicy['answers']): Promise<Ending> {
  let generation = admittedWith;
  const skip = await parkUntil(run, 'contract', { halts: 'any', answers }, async () => {
    try {
      await migrations.migrate({ release: run.release, generation, phase: 'contract' });
    } catch (error) {
      // Whoever retries means it: the attempt that took over may have been a late one of this very release.
      if (toFailure(error).code === 'fenced')
        generation = (await undoBooks().beginWayBack(run.release, 'database')).generation;
      throw error;
    }
  });
  if (skip === undefined) return { outcome: 'released' };
  const message = `not proven, taken over by hand: contract (${skip.actor}: ${skip.reason})`;
  return { outcome: 'needs-operator', failure: { code: 'contract-skipped', message } };
}
