import pg from 'pg';
import { ReleaseError } from '../../domain/failure.js';
import type { BackfillHeader } from './backfill-header.js';
import type { Connection } from './connection.js';

/** What a backfill walks along, and the questions it asks. */
export interface BackfillKey {
  readonly table: string;
  /** As text, like every key here: below all keys of the table. */
  readonly floor: string;
  /** Rows of the table as the planner guesses them. */
  readonly estimate: number;
  /** SELECT of the greatest `key` there is now; gives no row when the table is empty. */
  readonly last: string;
  /** SELECT of the `key` that is `$3` rows behind the one after `$1`, and whether it is `inside` what ends with `$2`. */
  readonly upper: string;
  /** The same for a range that has turned out too slow and cannot get smaller otherwise; for at most so many rows. */
  readonly finer?: { readonly upper: string; readonly rows: number };
  /**
   * Keys that divide what ends with `last` into parts, each with about as many rows, in order and without `last` itself.
   * Absent: it is one part.
   */
  readonly divide?: (last: string) => readonly string[];
}

/**
 * The least value of each type a key may have. A range is open at its lower end, so a row with this very key would be
 * left out: there must be none.
 */
const floors: Readonly<Record<string, string>> = {
  smallint: '-32768',
  integer: '-2147483648',
  bigint: '-9223372036854775808',
  text: '',
  'character varying': '',
  uuid: '00000000-0000-0000-0000-000000000000',
};

/** Throws `migration-failed` when the column is not one that a table can be walked along without leaving rows out. */
export async function readBackfillKey(
  connection: Connection,
  script: string,
  header: Pick<BackfillHeader, 'table' | 'key'>,
): Promise<BackfillKey> {
  const table = header.table.map((name) => pg.escapeIdentifier(name)).join('.');
  const column = pg.escapeIdentifier(header.key);
  const refuse = (expected: string, found: string) =>
    new ReleaseError('migration-failed', `${script}: expected ${expected}, found ${found}`);

  const facts = await readColumn(connection, table, header.key);
  if (facts === undefined) throw refuse(`a table ${table} with a column ${column}`, 'none');
  const floor = floors[facts.type];
  if (floor === undefined) throw refuse(`a key of type ${Object.keys(floors).join(', ')}`, `${column} ${facts.type}`);
  if (!facts.not_null) throw refuse(`the key ${column} to be NOT NULL`, 'that it may be null');
  if (!facts.indexed) throw refuse(`a btree index on all of ${table} that begins with ${column}`, 'none');

  const { rowCount } = await connection.query(`select from ${table} where ${column} = $1 limit 1`, [floor]);
  if (rowCount !== 0)
    throw refuse(`no row whose key is the least ${facts.type}, "${floor}"`, 'one; give it another key');
  return {
    table,
    floor,
    estimate: await estimateRows(connection, table),
    last: `select ${column}::text as key from ${table} order by ${table}.${column} desc limit 1`,
    // Of the rows that OFFSET leaves out the server computes the whole list of columns, too.
    upper: `select next::text as key, next <= $2 as inside from (select ${column} as next from ${table}
      where ${column} > $1 order by ${table}.${column} limit 1 offset $3) as next_row`,
  };
}

/** The greatest key there is now; `undefined` when the table is empty. */
export async function readLastKey(connection: Connection, { last }: BackfillKey): Promise<string | undefined> {
  const { rows } = await connection.query<{ key: string }>(last);
  return rows[0]?.key;
}

/**
 * The key `size` rows after `after`; `undefined` when it would be beyond `last`. Only one bound in WHERE: with both, a
 * table nobody has analysed is sorted as a whole for every batch.
 */
export async function readUpperKey(
  connection: Connection,
  { upper }: Pick<BackfillKey, 'upper'>,
  range: { readonly after: string; readonly last: string; readonly size: number },
): Promise<string | undefined> {
  const values = [range.after, range.last, range.size - 1];
  const { rows } = await connection.query<{ key: string; inside: boolean }>(upper, values);
  return rows[0]?.inside === true ? rows[0].key : undefined;
}

interface ColumnFacts {
  readonly type: string;
  readonly not_null: boolean;
  readonly indexed: boolean;
}

async function readColumn(connection: Connection, table: string, column: string): Promise<ColumnFacts | undefined> {
  const { rows } = await connection.query<ColumnFacts>(
    `select format_type(atttypid, null) as type, attnotnull as not_null, exists (
       select from pg_index join pg_class index on index.oid = indexrelid join pg_am on pg_am.oid = index.relam
       where indrelid = attrelid and indkey[0] = attnum and indisvalid and indpred is null and amname = 'btree'
     ) as indexed
     from pg_attribute where attrelid = to_regclass($1) and attname = $2 and attnum > 0 and not attisdropped`,
    [table, column],
  );
  return rows[0];
}

/** The planner looks at the size of the file, so it knows something also where nobody has analysed yet. */
export async function estimateRows(connection: Connection, table: string): Promise<number> {
  const { rows } = await connection.query<{
    'QUERY PLAN': readonly { readonly Plan: { readonly 'Plan Rows': number } }[];
  }>(`explain (format json) select from ${table}`);
  return rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}
