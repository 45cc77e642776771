import { count } from '../../../domain/lint/waits.js';
import type { Connection } from '../connection.js';
import { cancelledState, sqlstateOf } from '../sqlstate.js';
import type { Column, Table } from './catalogue.js';
import { isSameForAllRows, valueOf } from './expression.js';
import type { MigrationPlan } from './migration-plan.js';
import { qualified, quoted } from './names.js';

/** Rows of one table of which going back loses something, or why they were not counted. */
export interface LostRows {
  /** As the new version calls it. */
  readonly table: string;
  /** Of it; all of them where the new version alone has the table. */
  readonly columns: readonly string[];
  readonly rows: number | { readonly notCounted: string };
}

interface Question {
  readonly table: string;
  readonly columns: readonly string[];
  readonly sql: string;
}

/**
 * Counts rows in which the new version has something that the old one's columns do not tell: a new column that `up` would
 * compute otherwise from what is there, or that nothing fills. Reads the tables without a lock that keeps anybody out, for
 * `withinMs` in all. Never fails: the way back does not depend on it.
 */
export async function countLostRows(
  connection: Connection,
  plan: MigrationPlan,
  { withinMs }: { readonly withinMs: number },
): Promise<readonly LostRows[]> {
  const end = performance.now() + withinMs;
  const lost: LostRows[] = [];
  for (const { table, columns, sql } of questionsOf(plan)) {
    const left = Math.floor(end - performance.now());
    lost.push({
      table,
      columns,
      rows: left < 1 ? outOfTime(withinMs) : await ask(connection, sql, { left, withinMs, plan }),
    });
  }
  return lost;
}

interface Ask {
  readonly left: number;
  readonly withinMs: number;
  readonly plan: MigrationPlan;
}

async function ask(connection: Connection, sql: string, { left, withinMs, plan }: Ask): Promise<LostRows['rows']> {
  try {
    // What the author wrote may call a function that writes.
    await connection.query(`begin read only; set local statement_timeout = '${left}ms';
      set local search_path = ${[...new Set([plan.before.schema, 'public'])].map(quoted).join(', ')}`);
    const { rows } = await connection.query<{ lost: number }>(sql);
    return rows[0]?.lost ?? 0;
  } catch (error) {
    return sqlstateOf(error) === cancelledState ? outOfTime(withinMs) : { notCounted: (error as Error).message };
  } finally {
    await connection.query('rollback').catch(() => {});
  }
}

function outOfTime(withinMs: number): LostRows['rows'] {
  return { notCounted: `it would take longer than ${withinMs / 1000} s` };
}

function questionsOf(plan: MigrationPlan): readonly Question[] {
  const { before, after } = plan;
  // Nobody knows what SQL of the author's has made.
  if (after === 'read-again') return [];
  return after.tables.flatMap((table): readonly Question[] => {
    const place = qualified(before.schema, table.physical);
    const old = before.tables.find(({ physical }) => physical === table.physical);
    if (old === undefined) {
      const sql = `select count(*)::float8 as lost from ${place}`;
      return before.hidden.includes(table.physical) ? [] : [{ table: table.name, columns: [], sql }];
    }
    const conditions = table.columns.flatMap((column) => lossOf(plan, { old, column }));
    if (conditions.length === 0) return [];
    const sql = `select count(*)::float8 as lost from ${place} where ${conditions.map(({ isLost }) => isLost).join(' or ')}`;
    return [{ table: table.name, columns: conditions.map(({ name }) => name), sql }];
  });
}

function lossOf(
  { fills }: MigrationPlan,
  { old, column }: { readonly old: Table; readonly column: Column },
): readonly { readonly name: string; readonly isLost: string }[] {
  const { name, physical, type, default: value } = column;
  if (old.hidden.includes(physical) || old.columns.some((each) => each.physical === physical)) return [];
  const fill = fills.find(({ table }) => table === old.physical);
  const start = `${quoted(physical)} = `;
  const filled = fill?.assignments.find((assignment) => assignment.startsWith(start))?.slice(start.length);
  // By the image, as the trigger compares: not every type has an equality.
  const isOther = (than: string) =>
    `pg_catalog.record_image_ne(row(${valueOf(quoted(physical), type)}), row(${valueOf(than, type)}))`;
  if (fill !== undefined && filled !== undefined) {
    return [{ name, isLost: `case when ${quoted(fill.marker)} then ${isOther(filled)} else false end` }];
  }
  if (value === undefined) return [{ name, isLost: `${quoted(physical)} is not null` }];
  // What now() was when the column was added nobody knows any more.
  return isSameForAllRows(value) && !/^[a-z]/i.test(value.trim()) ? [{ name, isLost: isOther(value) }] : [];
}

/** `12 rows of customers (email)`; `undefined` when it is known that there are none. */
export function describeLostRows(lost: readonly LostRows[]): string | undefined {
  const found = lost.flatMap(({ table, columns, rows }) => {
    const of = columns.length === 0 ? table : `${table} (${columns.join(', ')})`;
    if (typeof rows !== 'number') return [`rows of ${of}, not counted: ${rows.notCounted}`];
    return rows === 0 ? [] : [`${count(rows)} ${rows === 1 ? 'row' : 'rows'} of ${of}`];
  });
  return found.length === 0 ? undefined : found.join('; ');
}
