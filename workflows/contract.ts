import { migrations } from './activity-proxies.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

/** The point of no return is the first line: from here the only way is forward, and a broken contract waits for an operator. */
export async function finishContract(run: Run, generation: number): Promise<void> {
  run.passPointOfNoReturn();
  await parkUntil(run, 'contract', { halts: 'any', answers: ['retry', 'skip'] }, () =>
    migrations.migrate({ release: run.release, generation, phase: 'contract' }),
  );
}
