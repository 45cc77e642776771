import { migrations } from './activity-proxies.js';
import { underWatch } from './bake.js';
import { parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * Takes the rights to what goes away and waits, so that whoever was overlooked says so while nothing is lost. All of it
 * goes back: an abort gives the rights back before anything else.
 */
export async function softContract(run: Run, generation: number, windowMs: number): Promise<void> {
  const { release } = run;
  const name = 'soft contract';
  await parkUntil(run, name, { halts: 'any', answers: ['retry', 'abort'] }, async () => {
    await run.step(
      name,
      'soft-contract',
      () => migrations.closeOld({ release, generation }),
      (kept) => kept,
    );
  });
  const wait = 'wait for who is kept out';
  await parkUntil(run, wait, { halts: ['traffic-drift'], answers: ['retry', 'abort'] }, () =>
    run.step(wait, 'soft-contract', () => underWatch(run, windowMs, 'the old version has no rights')),
  );
}
