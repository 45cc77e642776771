import { buildIndex, dropIndex } from '../concurrent-index.js';
import type { Connection } from '../connection.js';
import { withLockRetry } from '../lock-retry.js';
import { detachPartition } from '../partition-detach.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { setSteps } from './history.js';
import type { PlannedCut, PlannedStep } from './migration-plan.js';
import { qualified } from './names.js';
import { dropViewsOf } from './version-views.js';

export interface StepRun {
  readonly session: PhaseSession;
  readonly schema: string;
  /** The migration's name in the history, and its file. */
  readonly name: string;
  readonly file: string;
  readonly steps: readonly PlannedStep[];
  /** How many of them an earlier attempt has done. */
  readonly done: number;
  /** Schemas whose views go in the cut that ends the old version. */
  readonly oldSchemas?: readonly string[];
}

/**
 * Runs what is left of a list, in order. How far it came is committed with each cut; what cannot run in a transaction is
 * of a kind that may be done twice.
 */
export async function runSteps(run: StepRun): Promise<void> {
  for (const [index, step] of run.steps.entries()) {
    if (index < run.done) continue;
    run.session.run.onProgress({ file: run.file, detail: `step ${index + 1} of ${run.steps.length}` });
    await runStep(run, step, index + 1);
  }
}

async function runStep(run: StepRun, step: PlannedStep, done: number): Promise<void> {
  const { session, schema, name, file } = run;
  const { connection } = session;
  const record = () => inFencedTransaction(session, { script: file }, () => setSteps(connection, schema, name, done));
  switch (step.do) {
    case 'cut':
      return withLockRetry(session, file, () =>
        inFencedTransaction(session, { script: file }, async () => {
          await runCut(run, step);
          await setSteps(connection, schema, name, done);
        }),
      );
    case 'alone':
      await withLockRetry(session, file, async () => {
        await connection.query(step.sql, undefined, { script: step.at });
      });
      return record();
    case 'build-index':
      await buildIndex(session, step.index);
      return record();
    case 'drop-index':
      await dropIndex(session, step.index);
      return record();
    case 'detach-partition':
      await detachPartition(session, step, step.at);
      return record();
  }
}

async function runCut({ session, schema, oldSchemas = [] }: StepRun, cut: PlannedCut): Promise<void> {
  const { connection, run } = session;
  const place = cut.table === undefined ? undefined : qualified(schema, cut.table);
  if (place !== undefined && (await exists(connection, place))) {
    // The strongest lock first: to take a weaker one before would be the first half of a deadlock.
    const [first] = cut.statements;
    await connection.query(`lock table ${place} in ${cut.lock ?? 'access exclusive'} mode`, undefined, {
      script: first?.at ?? '',
    });
    if (cut.endsOld === true) await dropViewsOf(connection, place, oldSchemas);
  }
  for (const { sql, at } of cut.statements) {
    run.signal.throwIfAborted();
    await connection.query(sql, undefined, { script: at });
  }
}

async function exists(connection: Connection, place: string): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>('select to_regclass($1) is not null as present', [
    place,
  ]);
  return rows[0]?.present === true;
}
