import { type BackfillKey, estimateRows } from '../backfill-key.js';
import type { Connection } from '../connection.js';
import { literal, qualified, quoted } from './names.js';

/** How the rows of a table are gone through. */
export interface Walk extends BackfillKey {
  /** True of the rows after `$1` up to and with `$2`. */
  readonly within: string;
  /** Whether a key is one of this walk, and not of another one along the same table. */
  knows(key: string): boolean;
  /** What a range is, for messages: a key that is a text may be somebody's address. */
  describe(after: string, upto: string): { readonly note?: string };
}

/**
 * To fill rows: page by page, which reads a table in the order it lies in and needs no key. A row that nobody has filled lies
 * where it did before the trigger came: every write since then has filled it. A table with partitions or heirs has the
 * same pages many times, and before Postgres 14 pages are slow to find: along a key.
 */
export async function chooseFillWalk(connection: Connection, place: TablePlace): Promise<Walk> {
  const { rows } = await connection.query<{ pages: boolean }>(
    `select current_setting('server_version_num')::int >= 140000 and relkind = 'r' and not relhassubclass as pages
     from pg_class where oid = to_regclass($1)`,
    [qualified(place.schema, place.table)],
  );
  return rows[0]?.pages === true ? pageWalk(connection, place) : chooseWalk(connection, place);
}

/** To count rows: along a unique key, the primary one where it will do; page by page where there is none. */
export async function chooseWalk(connection: Connection, place: TablePlace): Promise<Walk> {
  const columns = await findKey(connection, place);
  return columns === undefined ? pageWalk(connection, place) : keyWalk(connection, place, columns);
}

interface TablePlace {
  readonly schema: string;
  readonly table: string;
}

interface KeyColumn {
  readonly name: string;
  readonly type: string;
  readonly isDate: boolean;
}

/** The columns of an index that has every row once, in the order in which rows are compared. */
async function findKey(
  connection: Connection,
  { schema, table }: TablePlace,
): Promise<readonly KeyColumn[] | undefined> {
  const { rows } = await connection.query<{ columns: readonly KeyColumn[] }>(
    `select columns from pg_index join pg_class index on index.oid = indexrelid join pg_am on pg_am.oid = index.relam
     cross join lateral (
       select count(*) as known, jsonb_agg(jsonb_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
           'isDate', typcategory = 'D') order by n) as columns,
         bool_and(attnotnull and opcdefault and indoption[n - 1] = 0 and indcollation[n - 1] = attcollation) as plain
       from generate_series(1, indnkeyatts) n join pg_attribute on attrelid = indrelid and attnum = indkey[n - 1]
       join pg_type on pg_type.oid = atttypid join pg_opclass on pg_opclass.oid = indclass[n - 1]
     ) as key
     where indrelid = to_regclass($1) and indisvalid and indisunique and indpred is null and amname = 'btree'
       and plain and known = indnkeyatts
     order by indisprimary desc, indnkeyatts, indexrelid limit 1`,
    [qualified(schema, table)],
  );
  return rows[0]?.columns;
}

/** A key of any types, as a JSON array of texts. */
async function keyWalk(
  connection: Connection,
  { schema, table }: TablePlace,
  columns: readonly KeyColumn[],
): Promise<Walk> {
  const place = qualified(schema, table);
  const names = columns.map(({ name }) => `${place}.${quoted(name)}`);
  const row = (values: readonly string[]) => (values.length === 1 ? values.join('') : `(${values.join(', ')})`);
  const given = (parameter: string) =>
    row(columns.map(({ type }, index) => `(${parameter}::text::jsonb ->> ${index})::${type}`));
  // How a date is written depends on the session, except in JSON.
  const key = (of: readonly string[]) =>
    `jsonb_build_array(${columns.map(({ isDate }, index) => (isDate ? of[index] : `${of[index]}::text`)).join(', ')})::text as key`;
  const after = `($1::text = ${literal(noKey)} or ${row(names)} > ${given('$1')})`;
  const upto = (of: readonly string[]) => `${row(of)} <= ${given('$2')}`;
  // Of the rows that OFFSET leaves out the server computes the whole list of columns, too.
  const keys = columns.map((_, index) => `k${index}`);
  const next = `select ${names.map((name, index) => `${name} as k${index}`).join(', ')} from ${place}
    where ${after} order by ${names.join(', ')} limit 1 offset $3`;
  return {
    table: place,
    floor: noKey,
    estimate: await estimateRows(connection, place),
    last: `select ${key(names)} from ${place} order by ${names.map((name) => `${name} desc`).join(', ')} limit 1`,
    upper: `select ${key(keys)}, ${upto(keys)} as inside from (${next}) as next`,
    within: `${after} and ${upto(names)}`,
    knows: (key) => key === noKey || key.startsWith('['),
    describe: (from, to) =>
      /^\["-?\d+"(, "-?\d+")*\]$/.test(to) ? { note: `keys after ${from} up to ${to}`.replaceAll('"', '') } : {},
  };
}

const noKey = 'null';

/**
 * Where rows lie, by number of the page, `12`: all rows up to the end of it; of partitions and heirs, each has the page. From
 * Postgres 14 a page whose rows are too slow to be done at once is gone through by line, `12.7`.
 */
async function pageWalk(connection: Connection, { schema, table }: TablePlace): Promise<Walk> {
  const place = qualified(schema, table);
  const estimate = await estimateRows(connection, place);
  const { rows } = await connection.query<{ version: number; pages: number; size: number }>(
    `select current_setting('server_version_num')::int / 10000 as version, ${total(place, 'sum')}::float8 as pages,
       current_setting('block_size')::int as size`,
  );
  const { version, pages, size } = rows[0] ?? { version: 0, pages: 0, size: 0 };
  const rowsPerPage = Math.max(1, estimate / Math.max(1, pages));
  const ctid = `${place}.ctid`;
  const pageOf = (key: string) => `split_part(${key}::text, '.', 1)::bigint`;
  const hasLine = (key: string) => `(position('.' in ${key}::text) > 0)::int`;
  // The first page, or what is left of it, that is not done.
  const next = (key: string) => `(${pageOf(key)} + 1 - ${hasLine(key)})`;
  const start = (key: string) =>
    `format('(%s,%s)', ${next(key)}, coalesce(nullif(split_part(${key}::text, '.', 2), '')::int + 1, 0))::tid`;
  // Before Postgres 14 there is no scan of a range of pages, but one of rows that are named.
  const named = `${ctid} = any (array(select format('(%s,%s)', page, line)::tid
    from generate_series($1::bigint + 1, $2::bigint) page, generate_series(1, ${Math.floor(size / leastRowBytes)}) line))`;
  return {
    table: place,
    floor: '-1',
    estimate,
    last: `select (pages - 1)::text as key from (select ${total(place, 'max')} as pages) as counted where pages > 0`,
    upper: `select key::text, key < $2::bigint as inside
      from (select ${next('$1')} - 1 + greatest(1, round(($3::bigint + 1) / ${rowsPerPage}))::bigint as key) as next`,
    ...(version < 14
      ? { within: named, knows: (key) => /^-?\d+$/.test(key) }
      : {
          within: `${ctid} >= ${start('$1')} and ${ctid} < ${start('$2')}`,
          // Nobody has filled a row that lies where this does not see it.
          finer: {
            upper: `select coalesce(key, ${next('$1')}::text) as key, key is not null or ${next('$1')} < $2::bigint as inside
              from (select) as one left join (
                select translate(${ctid}::text, ',()', '.') as key from ${place}
                where ${ctid} >= ${start('$1')} and ${ctid} < format('(%s,0)', ${next('$1')} + 1)::tid
                order by ${ctid} limit 1 offset $3
              ) as line on true`,
            rows: rowsPerPage,
          },
          knows: (key) => /^-?\d+(\.\d+)?$/.test(key),
          divide: dividePages,
        }),
    describe: (after, upto) => ({ note: `rows with ctid >= '(${tidAfter(after)})' and ctid < '(${tidAfter(upto)})'` }),
  };
}

/** Below that there is nothing to gain. */
const leastPartPages = 128;
/** Of parts: more than anybody has jobs, so that they end at about the same time. */
const mostParts = 32;

function dividePages(last: string): readonly string[] {
  const pages = Number(last) + 1;
  const parts = Math.max(1, Math.min(mostParts, Math.floor(pages / leastPartPages)));
  return Array.from({ length: parts - 1 }, (_, part) => String(Math.floor(((part + 1) * pages) / parts) - 1));
}

function tidAfter(key: string): string {
  const [page = '', line] = key.split('.');
  return line === undefined ? `${Number(page) + 1},0` : `${page},${Number(line) + 1}`;
}

/** A row of no columns takes a pointer and a header. */
const leastRowBytes = 28;

function total(place: string, aggregate: 'sum' | 'max'): string {
  return `(with recursive family as (
      select ${literal(place)}::regclass::oid as member
      union select inhrelid from pg_inherits join family on inhparent = member
    ) select coalesce(${aggregate}(pg_relation_size(member)), 0) / current_setting('block_size')::bigint from family)`;
}
