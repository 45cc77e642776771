import type { Connection } from '../connection.js';
import type { Gone, WhatGoes } from '../evidence/what-goes.js';

/** A table or view to which the old version's rights can be taken away. */
export interface Closing {
  readonly relid: string;
  /** Qualified and quoted. */
  readonly place: string;
  /** Those of a table that goes on; absent: all of it goes. As the table has them, without quotes. */
  readonly columns?: readonly string[];
}

export interface Closings {
  readonly closings: readonly Closing[];
  /** What goes and stays open, each a sentence. */
  readonly open: readonly string[];
}

export interface OldForm {
  readonly goes: WhatGoes;
  /** The old version works on the tables themselves, and not on views. */
  readonly isDirect: boolean;
  /** Whether a trigger's function reads the table with the writer's rights. */
  readonly isRead?: (table: Gone) => boolean;
}

/**
 * The old version's views; and where it works on the tables, what of them the new version does not show. What only gets
 * another name is the new version's, too. The schema of the views stays visible: who has it in its search path would
 * come through to the tables without an error.
 */
export async function readClosings(
  connection: Connection,
  { goes, isDirect, isRead = () => false }: OldForm,
): Promise<Closings> {
  const views = await readViews(connection, goes.versionSchemas);
  if (!isDirect) return { closings: views, open: [] };
  const gone = [...goes.tables, ...goes.columns];
  const closable = gone.filter((one) => one.dropped && !isRead(one));
  const closings = [...views];
  for (const table of new Set(closable.map((one) => one.table))) {
    const ofTable = closable.filter((one) => one.table === table);
    const isWhole = ofTable.some(({ column }) => column === undefined);
    const columns = ofTable.flatMap(({ physical }) => physical ?? []);
    const found = await findTable(connection, table, isWhole ? undefined : columns);
    if (found !== undefined) closings.push(found);
  }
  return { closings, open: gone.filter((one) => !closable.includes(one)).map(stayingOpen) };
}

async function readViews(connection: Connection, schemas: readonly string[]): Promise<readonly Closing[]> {
  if (schemas.length === 0) return [];
  const { rows } = await connection.query<Closing>(
    `select pg_class.oid::text as relid, format('%I.%I', nspname, relname) as place from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace where relkind = 'v' and nspname = any($1) order by place`,
    [schemas],
  );
  return rows;
}

/** Without the columns it does not have yet, or any more. */
async function findTable(
  connection: Connection,
  table: string,
  columns: readonly string[] | undefined,
): Promise<Closing | undefined> {
  const { rows } = await connection.query<{ relid: string; place: string; columns: string[] }>(
    `select pg_class.oid::text as relid, format('%I.%I', nspname, relname) as place,
       array(select attname::text from pg_attribute where attrelid = pg_class.oid and attname = any($2) and not attisdropped
         order by attnum) as columns
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where pg_class.oid = to_regclass($1) and relkind in ('r', 'p')`,
    [table, columns ?? []],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (columns === undefined) return { relid: row.relid, place: row.place };
  return row.columns.length === 0 ? undefined : row;
}

function stayingOpen({ tableName, column, dropped }: Gone): string {
  const what = column === undefined ? tableName : `${tableName}.${column}`;
  return dropped
    ? `${what} stays open: a trigger reads it with the rights of who writes`
    : `${what} stays open: it only gets another name, and the new version needs it`;
}

/** `public.customers (full_name)` */
export function describeClosing({ place, columns }: Pick<Closing, 'place' | 'columns'>): string {
  return columns === undefined ? place : `${place} (${columns.join(', ')})`;
}
