import { isReleaseError } from '../../../domain/failure.js';
import type { ObservedStatement } from '../../../domain/lint/finding.js';
import type { Connection } from '../connection.js';
import { quoted } from '../operations/names.js';
import { dropViewsOf } from '../operations/version-views.js';
import { excerpt, statementLength } from './excerpt.js';
import { observe } from './observe.js';
import type { DerivedStep } from './operation-steps.js';
import { type CopyOrder, withSchemaCopy } from './schema-copy.js';

export interface OperationsRun {
  readonly observed: readonly (Pick<ObservedStatement, 'statement' | 'locks' | 'rewritten'> & SeenIn)[];
  /** What ended it. */
  readonly failure?: SeenIn & { readonly sql: string; readonly message: string };
}

interface SeenIn {
  /** `03_add_email.yaml:4:7` */
  readonly at: string;
  readonly phase: DerivedStep['phase'];
}

export interface OperationsRunOrder extends CopyOrder {
  readonly schema: string;
  readonly steps: readonly DerivedStep[];
  /** Schemas of the versions before. */
  readonly oldSchemas: readonly string[];
}

/** Goes through all phases on a copy of the schema, and looks at what each statement locks and writes anew. */
export function dryRunOperations(order: OperationsRunOrder): Promise<OperationsRun | { readonly unavailable: string }> {
  return withSchemaCopy(order, async (copy) => {
    await copy.query(`set search_path to ${quoted(order.schema)}, public`);
    const observed: OperationsRun['observed'][number][] = [];
    for (const step of order.steps) {
      const failure = await runStep(copy, order, step, observed);
      if (failure !== undefined) return { observed, failure };
    }
    return { observed };
  });
}

async function runStep(
  copy: Connection,
  { oldSchemas }: OperationsRunOrder,
  { phase, lock, endsOld, inTransaction, statements }: DerivedStep,
  observed: OperationsRun['observed'][number][],
): Promise<OperationsRun['failure']> {
  let now = statements[0] ?? { sql: '', at: '' };
  try {
    if (inTransaction) await copy.query('begin');
    if (lock !== undefined && (await exists(copy, lock.table))) {
      await copy.query(`lock table ${lock.table} in ${lock.mode} mode`);
      if (endsOld) await dropViewsOf(copy, lock.table, oldSchemas);
    }
    for (now of statements) {
      const statement = excerpt(now.sql, statementLength);
      // Its lock was taken before it, for its sake.
      const held = lock === undefined ? [] : [{ relation: plain(lock.table), mode: modeName(lock.mode) }];
      const seen = inTransaction
        ? await observe(copy, now.sql)
        : await copy.query(now.sql).then(() => ({ locks: [], rewritten: [] }));
      const first = now === statements[0] ? held : [];
      observed.push({ at: now.at, phase, statement, ...seen, locks: [...first, ...seen.locks] });
    }
    if (inTransaction) await copy.query('commit');
    return undefined;
  } catch (error) {
    await copy.query('rollback').catch(() => {});
    if (!isReleaseError(error) || error.code !== 'migration-failed') throw error;
    return { ...now, phase, message: error.message };
  }
}

async function exists(copy: Connection, table: string): Promise<boolean> {
  const { rows } = await copy.query<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  return rows[0]?.there === true;
}

/** `"public"."customers"` as the server writes it. */
function plain(table: string): string {
  return table.replace(/^"public"\./, '').replace(/"([a-z_][a-z0-9_]*)"/g, '$1');
}

/** `AccessExclusiveLock`, as pg_locks has it. */
function modeName(mode: string): string {
  return `${mode
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Lock`;
}
