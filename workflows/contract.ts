import type { Ending } from '../domain/release-state.js';
import { migrations } from './activity-proxies.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * The point of no return is the first line: from here the only way is forward, and a broken contract waits for an
 * operator. One who goes on without it is named: that the schema is contracted is then not proven.
 */
export async function finishContract(run: Run, generation: number): Promise<Ending> {
  run.passPointOfNoReturn('contract has begun');
  const skip = await parkUntil(run, 'contract', { halts: 'any', answers: ['retry', 'skip'] }, () =>
    migrations.migrate({ release: run.release, generation, phase: 'contract' }),
  );
  if (skip === undefined) return { outcome: 'released' };
  const message = `not proven, taken over by hand: contract (${skip.actor}: ${skip.reason})`;
  return { outcome: 'needs-operator', failure: { code: 'contract-skipped', message } };
}
