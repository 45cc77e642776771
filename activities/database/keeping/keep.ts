import type { Connection } from '../connection.js';
import { literal, quoted } from '../operations/names.js';
import { keptSchema } from '../own-tables.js';
import { type Drop, dropIn } from './drops.js';

export interface KeepOrder {
  /** Where the history is, the migration's name and its place in it. */
  readonly schema: string;
  readonly name: string;
  readonly place: number;
  readonly forMs: number;
}

/** Columns of these names are of no version. */
export const keptPrefix = '_sluice_kept_';

/** Instead of a statement that drops rows; `false` for any other. In its transaction, with the table locked. */
export async function keepInstead(connection: Connection, order: KeepOrder, sql: string): Promise<boolean> {
  const drop = dropIn(sql);
  if (drop === undefined) return false;
  const relid = await relidOf(connection, drop.table);
  // Dropped `if exists`.
  if (relid === undefined) return true;
  await (drop.column === undefined
    ? keepTable(connection, order, { ...drop, relid })
    : keepColumn(connection, order, { table: drop.table, column: drop.column, relid }));
  return true;
}

async function relidOf(connection: Connection, table: string): Promise<string | undefined> {
  const { rows } = await connection.query<{ relid: string | null }>('select to_regclass($1)::oid::text as relid', [
    table,
  ]);
  return rows[0]?.relid ?? undefined;
}

/** Whatever would make the new version's writes fail or cost goes, as it would have gone with the column. */
async function keepColumn(
  connection: Connection,
  order: KeepOrder,
  { table, column, relid }: Required<Drop> & { readonly relid: string },
): Promise<void> {
  const { rows } = await connection.query<Tied>(
    `select attnum, attname::text as name, attidentity <> '' as "isIdentity", attgenerated <> '' as "isGenerated",
       attnotnull as "isRequired",
       array(select 'alter table ' || $3 || ' drop constraint ' || quote_ident(conname) from pg_constraint
         where conrelid = attrelid and attnum = any(conkey) and contype in ('c', 'f', 'p', 'u', 'x')) as constraints,
       array(select 'constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) from pg_constraint
         where conrelid = attrelid and attnum = any(conkey) and contype in ('c', 'f', 'p', 'u', 'x'))
         || array(select pg_get_indexdef(index.oid) ${indexesOf}) as definitions,
       array(select format('drop index if exists %I.%I', nspname, relname) ${indexesOf}) as indexes
     from pg_attribute where attrelid = $1::oid and quote_ident(attname) in ($2, btrim($2, '"')) and not attisdropped`,
    [relid, column, table],
  );
  const [tied] = rows;
  if (tied === undefined) return;
  const alter = `alter table ${table} alter column ${column}`;
  const kept = quoted(`${keptPrefix}${order.place}_${tied.attnum}`);
  const statements = [
    ...tied.constraints,
    ...tied.indexes,
    ...(tied.isIdentity ? [`${alter} drop identity if exists`] : []),
    ...(tied.isGenerated ? [`${alter} drop expression if exists`] : [`${alter} drop default`]),
    ...(tied.isRequired ? [`${alter} drop not null`] : []),
    `alter table ${table} rename column ${column} to ${kept}`,
    `comment on column ${table}.${kept} is ${literal(`kept by sluice: was ${tied.name}`)}`,
  ];
  for (const statement of statements) await connection.query(statement);
  const definitions = [...tied.definitions, ...(tied.isRequired ? ['not null'] : [])];
  await record(connection, order, { relid, attnum: tied.attnum, what: `${table} (${column})`, definitions });
}

interface Tied {
  readonly attnum: number;
  readonly name: string;
  readonly isIdentity: boolean;
  readonly isGenerated: boolean;
  readonly isRequired: boolean;
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
  readonly definitions: readonly string[];
}

/** Not those of a constraint. */
const indexesOf = `from pg_depend as tie join pg_class as index on index.oid = objid join pg_namespace on pg_namespace.oid = relnamespace
  where tie.classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and refobjid = attrelid and refobjsubid = attnum
    and relkind in ('i', 'I') and not exists (select from pg_constraint where conindid = index.oid and conrelid = attrelid)`;

/**
 * Its foreign keys go: they would keep rows of other tables from being deleted. Its indexes and sequences come along, and
 * get names that no other kept table's have.
 */
async function keepTable(
  connection: Connection,
  order: KeepOrder,
  { table, relid }: Drop & { readonly relid: string },
): Promise<void> {
  const [schema = ''] = /^"(?:[^"]|"")+"/.exec(table) ?? [];
  const ties = await connection.query<{ name: string; definition: string }>(
    `select quote_ident(conname) as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = $1::oid and contype = 'f'`,
    [relid],
  );
  const { rows: followers } = await connection.query<{ kind: string; name: string; kept: string }>(
    `select case relkind when 'S' then 'sequence' else 'index' end as kind, quote_ident(relname) as name,
       format('kept_%s_%s', $2::int, oid) as kept
     from pg_class where oid in (select indexrelid from pg_index where indrelid = $1::oid union all
       select objid from pg_depend where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass
         and refobjid = $1::oid and refobjsubid > 0 and deptype in ('a', 'i')) and relkind in ('i', 'S') order by oid`,
    [relid, order.place],
  );
  for (const { name } of ties.rows) await connection.query(`alter table ${table} drop constraint ${name}`);
  for (const { kind, name, kept } of followers) {
    await connection.query(`alter ${kind} ${schema}.${name} rename to ${kept}`);
  }
  const kept = `kept_${order.place}_${relid}`;
  await connection.query(`alter table ${table} rename to ${kept}`);
  await connection.query(`alter table ${schema}.${kept} set schema ${keptSchema}`);
  const definitions = [
    ...ties.rows.map(({ name, definition }) => `constraint ${name} ${definition}`),
    ...followers.map((each) => `alter ${each.kind} ${each.kept} rename to ${each.name}`),
  ];
  await record(connection, order, { relid, what: table, definitions });
}

interface Kept {
  readonly relid: string;
  readonly attnum?: number;
  readonly what: string;
  readonly definitions: readonly string[];
}

async function record(connection: Connection, order: KeepOrder, { relid, attnum, what, definitions }: Kept) {
  await connection.query(
    `insert into sluice.schema_kept (schema_name, name, what, relid, attnum, definitions, keep_until)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 millisecond')`,
    [order.schema, order.name, what, relid, attnum ?? null, definitions, order.forMs],
  );
}
