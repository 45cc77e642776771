import type { Connection } from '../connection.js';
import type { Gone, WhatGoes } from '../evidence/what-goes.js';
import { needsWritersRights } from './writers-rights.js';

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
  /** Whether a trigger of sluice's own reads the table with the writer's rights. */
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
  const open = new Set<Gone>();
  for (const one of gone) {
    if (!one.dropped || isRead(one) || (await needsWritersRights(connection, one))) open.add(one);
  }
  const tables = await readTables(
    connection,
    gone.filter((one) => !open.has(one)),
  );
  return { closings: [...views, ...tables], open: [...open].map(stayingOpen) };
}

/** One closing a table, however the files call it. Columns it does not have yet, or any more, are left out. */
async function readTables(connection: Connection, gone: readonly Gone[]): Promise<readonly Closing[]> {
  const { rows } = await connection.query<Required<Closing> & { readonly isWhole: boolean }>(
    `select pg_class.oid::text as relid, format('%I.%I', nspname, relname) as place, bool_or(gone.name is null) as "isWhole",
       array(select attname::text from pg_attribute where attrelid = pg_class.oid and attname = any(array_agg(gone.name)) and not attisdropped
         order by attnum) as columns
     from unnest($1::text[], $2::text[]) with ordinality as gone (place, name, number)
     join pg_class on pg_class.oid = to_regclass(gone.place) join pg_namespace on pg_namespace.oid = relnamespace
     where relkind in ('r', 'p') group by pg_class.oid, nspname, relname order by min(number)`,
    [gone.map(({ table }) => table), gone.map(({ column, physical }) => (column === undefined ? null : physical))],
  );
  return rows
    .filter(({ isWhole, columns }) => isWhole || columns.length > 0)
    .map(({ relid, place, isWhole, columns }) => (isWhole ? { relid, place } : { relid, place, columns }));
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

function stayingOpen({ tableName, column, dropped }: Gone): string {
  const what = column === undefined ? tableName : `${tableName}.${column}`;
  return dropped
    ? `${what} stays open: a trigger uses it with the rights of who writes`
    : `${what} stays open: it only gets another name, and the new version needs it`;
}

/** `public.customers (full_name)` */
export function describeClosing({ place, columns }: Pick<Closing, 'place' | 'columns'>): string {
  return columns === undefined ? place : `${place} (${columns.join(', ')})`;
}
