import { ReleaseError } from '../../../domain/failure.js';
import { buildIndex, dropIndex } from '../concurrent-index.js';
import type { Connection } from '../connection.js';
import { refuseDrift, unexplained } from '../drift.js';
import { type KeepOrder, keepInstead } from '../keeping/keep.js';
import { findDrift, keepChanged, keepIndexed, keepNamed } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { detachPartition } from '../partition-detach.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { quoteRelation } from '../relation-name.js';
import { setSteps } from './history.js';
import type { PlannedCut, PlannedStep } from './migration-plan.js';
import { qualified } from './names.js';
import { explainedBy, relationOf } from './step-traces.js';
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
  /** What would be dropped with its rows is put aside instead. */
  readonly keep?: KeepOrder;
  /** The way back goes on whatever somebody else has changed meanwhile. */
  readonly back?: true;
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
  const owner = { schema, version: name };
  const record = (keep: () => Promise<void>) =>
    inFencedTransaction(session, { script: file }, async () => {
      await keep();
      await setSteps(connection, schema, name, done);
    });
  switch (step.do) {
    case 'cut':
      if (run.back !== true && isStrong(step)) await session.standbyQueries.ended(file);
      return withLockRetry(session, file, () =>
        inFencedTransaction(session, { script: file }, async () => {
          await runCut(run, step);
          await keepChanged(connection, owner);
          await setSteps(connection, schema, name, done);
        }),
      );
    case 'alone':
      await requireOwn(run, step);
      await withLockRetry(session, file, async () => {
        await connection.query(step.sql, undefined, { script: step.at });
      });
      return record(() => keepNamed(connection, owner, [qualified(schema, step.table)]));
    case 'build-index':
      await requireOwn(run, step);
      await buildIndex(session, step.index);
      return record(() => keepNamed(connection, owner, [qualified(schema, step.index.table.name)]));
    case 'drop-index':
      await dropIndex(session, step.index);
      return record(() => keepIndexed(connection, owner, step.index.name));
    case 'detach-partition':
      await requireOwn(run, step);
      await detachPartition(session, step, step.at);
      return record(() => keepNamed(connection, owner, [step.parent, step.partition].map(quoteRelation)));
  }
}

/** The weaker ones are not replayed. */
function isStrong({ table, lock = 'access exclusive' }: PlannedCut): boolean {
  return table === undefined || lock === 'access exclusive';
}

async function runCut(run: StepRun, cut: PlannedCut): Promise<void> {
  const { schema, oldSchemas = [] } = run;
  const { connection, run: order } = run.session;
  const place = cut.table === undefined ? undefined : qualified(schema, cut.table);
  if (place !== undefined && (await exists(connection, place))) {
    // The strongest lock first: to take a weaker one before would be the first half of a deadlock.
    const [first] = cut.statements;
    await connection.query(`lock table ${place} in ${cut.lock ?? 'access exclusive'} mode`, undefined, {
      script: first?.at ?? '',
    });
    // From here on nobody else can change it.
    await requireOwn(run, cut);
    if (cut.endsOld === true) await dropViewsOf(connection, place, oldSchemas);
  }
  for (const { sql, at } of cut.statements) {
    order.signal.throwIfAborted();
    if (run.keep !== undefined && (await keepInstead(connection, run.keep, sql))) continue;
    await connection.query(sql, undefined, { script: at });
  }
}

/** Fails with `schema-drift` when somebody else has changed the step's table since the last step left it. */
async function requireOwn({ session, schema, name, back }: StepRun, step: PlannedStep): Promise<void> {
  const relation = relationOf(step, schema);
  if (back === true || relation === undefined) return;
  const drifts = await findDrift(session.connection, {
    owners: [{ schema, version: name }],
    relations: [relation],
  });
  const [refusal] = refuseDrift(unexplained(drifts, explainedBy(step)));
  if (refusal !== undefined) throw new ReleaseError(refusal.code, refusal.message);
}

async function exists(connection: Connection, place: string): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>('select to_regclass($1) is not null as present', [
    place,
  ]);
  return rows[0]?.present === true;
}
