import { patched } from '@temporalio/workflow';
import { ReleaseError } from '../domain/failure.js';
import { migrations, undos } from './activity-proxies.js';
import { underWatch } from './bake.js';
import { type Skip, parkUntil } from './park.js';
import type { Run } from './run.js';

/**
 * Takes the rights to what goes away and waits, so that whoever was overlooked says so while nothing is lost. All of it
 * goes back: an abort gives the rights back before anything else. A wait in which somebody else gave them back has proven
 * nothing: it is halted at its end, and a retry closes and waits anew. Where the rights cannot be taken away a person may
 * go on without: what is away comes back first. Answers with what was taken on somebody's word.
 */
export async function softContract(run: Run, generation: number, windowMs: number): Promise<readonly string[]> {
  const { release } = run;
  const wait = 'wait for who is kept out';
  let waits = 0;
  let skip = await close(run, generation);
  if (skip !== undefined) return giveUp(run, generation, skip);
  await parkUntil(run, wait, { halts: ['traffic-drift', 'version-in-use'], answers: ['retry', 'abort'] }, async () => {
    if (++waits > 1) skip = await close(run, generation);
    if (skip !== undefined) return;
    await run.step(wait, 'soft-contract', async () => {
      await underWatch(run, windowMs, 'the old version has no rights');
      const open = await migrations.countReopened(release);
      if (open > 0) throw givenBack(open);
    });
  });
  return skip === undefined ? [] : giveUp(run, generation, skip);
}

async function close(run: Run, generation: number): Promise<Skip | undefined> {
  const { release } = run;
  const answers = patched('soft-contract-skipped')
    ? (['retry', 'skip', 'abort'] as const)
    : (['retry', 'abort'] as const);
  return parkUntil(run, name, { halts: 'any', answers }, async () => {
    await run.step(
      name,
      'soft-contract',
      () => migrations.closeOld({ release, generation }),
      (kept) => kept,
    );
  });
}

const name = 'soft contract';

/** Contract must find the rights as they were: half of them may be away. */
async function giveUp(run: Run, generation: number, { actor, reason }: Skip): Promise<readonly string[]> {
  const { release } = run;
  const note = `${actor}: ${reason}`;
  await parkUntil(run, `end of ${name}`, { halts: 'any', answers: ['retry', 'skip', 'abort'] }, () =>
    undos().skipSoftContract({ release, generation, note }),
  );
  return [`${name} (${note})`];
}

function givenBack(open: number): ReleaseError {
  return new ReleaseError(
    'version-in-use',
    `expected the rights to what goes to be away until the end of the wait, found those to ${open} of the tables and views given back; find out who needed them`,
  );
}
