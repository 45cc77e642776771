import { ReleaseError } from '../domain/failure.js';
import { migrations } from './activity-proxies.js';
import { underWatch } from './bake.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * Takes the rights to what goes away and waits, so that whoever was overlooked says so while nothing is lost. All of it
 * goes back: an abort gives the rights back before anything else. A wait in which somebody else gave them back has proven
 * nothing: it is halted at its end, and a retry closes and waits anew.
 */
export async function softContract(run: Run, generation: number, windowMs: number): Promise<void> {
  const { release } = run;
  const wait = 'wait for who is kept out';
  let waits = 0;
  await close(run, generation);
  await parkUntil(run, wait, { halts: ['traffic-drift', 'version-in-use'], answers: ['retry', 'abort'] }, async () => {
    if (++waits > 1) await close(run, generation);
    await run.step(wait, 'soft-contract', async () => {
      await underWatch(run, windowMs, 'the old version has no rights');
      const open = await migrations.countReopened(release);
      if (open > 0) throw givenBack(open);
    });
  });
}

async function close(run: Run, generation: number): Promise<void> {
  const name = 'soft contract';
  const { release } = run;
  await parkUntil(run, name, { halts: 'any', answers: ['retry', 'abort'] }, async () => {
    await run.step(
      name,
      'soft-contract',
      () => migrations.closeOld({ release, generation }),
      (kept) => kept,
    );
  });
}

function givenBack(open: number): ReleaseError {
  return new ReleaseError(
    'version-in-use',
    `expected the rights to what goes to be away until the end of the wait, found those to ${open} of the tables and views given back; find out who needed them`,
  );
}
