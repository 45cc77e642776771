import { ReleaseError } from '../../domain/failure.js';
import type { Connection } from './connection.js';
import { quoted } from './operations/names.js';
import { quoteRelation, type RelationName } from './relation-name.js';

/** An index as it should be. It lives in its table's schema. */
export interface IndexDefinition {
  readonly table: RelationName;
  readonly name: string;
  /** SQL of what stands in the parentheses: `lower(email), id desc`. */
  readonly elements: string;
  readonly unique?: boolean;
  /** Default: `btree`. */
  readonly method?: string;
  readonly include?: readonly string[];
  /** From version 15. */
  readonly nullsNotDistinct?: boolean;
  /** `fillfactor = 70` */
  readonly storage?: string;
  readonly tablespace?: string;
  /** SQL of the condition of a partial index. */
  readonly predicate?: string;
}

export interface FoundIndex {
  readonly oid: number;
  readonly table: RelationName;
  readonly valid: boolean;
  /** As the server words it: `UNIQUE USING btree (lower(email))`. */
  readonly definition: string;
  /** The constraint that owns it; `undefined` when none does. */
  readonly constraint: string | undefined;
  /** The session that builds it now. */
  readonly builder: number | undefined;
}

export function createIndexSql(index: IndexDefinition, on = index.table, how = ''): string {
  const clauses = [
    `create ${index.unique === true ? 'unique ' : ''}index ${how}${quoted(index.name)}`,
    `on ${quoteRelation(on)} using ${quoted(index.method ?? 'btree')} (${index.elements})`,
    (index.include ?? []).length > 0 && `include (${(index.include ?? []).map((column) => quoted(column)).join(', ')})`,
    index.nullsNotDistinct === true && 'nulls not distinct',
    index.storage && `with (${index.storage})`,
    index.tablespace && `tablespace ${quoted(index.tablespace)}`,
    index.predicate && `where ${index.predicate}`,
  ];
  return clauses.filter(Boolean).join(' ');
}

/** Throws `migration-failed` when the name belongs to something else than an index. */
export async function findIndex(connection: Connection, name: RelationName): Promise<FoundIndex | undefined> {
  const { rows } = await connection.query<FoundRow>(
    `select relation.oid::int8::float8 as oid, relation.relkind as kind, owner.nspname as table_schema,
       holder.relname as table_name, indisvalid as valid, conname as constraint_name, progress.pid as builder,
       ${definition} as definition
     from pg_class relation join pg_namespace home on home.oid = relation.relnamespace
     left join pg_index on indexrelid = relation.oid
     left join pg_class holder on holder.oid = indrelid left join pg_namespace owner on owner.oid = holder.relnamespace
     left join pg_constraint on conindid = relation.oid and contype in ('p', 'u', 'x')
     left join pg_stat_progress_create_index progress
       on progress.index_relid = relation.oid and progress.datname = current_database()
     where home.nspname = $1 and relation.relname = $2`,
    [name.schema, name.name],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.kind !== 'i' && row.kind !== 'I') {
    throw new ReleaseError(
      'migration-failed',
      `expected ${quoteRelation(name)} to be free or an index, found a ${kinds[row.kind] ?? 'relation'} of that name`,
    );
  }
  const { oid, valid, definition: found, constraint_name, builder } = row;
  const table = { schema: row.table_schema, name: row.table_name };
  return {
    oid,
    table,
    valid,
    definition: found,
    constraint: constraint_name ?? undefined,
    builder: builder ?? undefined,
  };
}

/** A definition in the server's own words, to be compared with a found one. */
export interface WordedIndex {
  readonly definition: string;
  /** SQL of each key, without order and operator class. */
  readonly keys: readonly string[];
}

/**
 * Made on an empty table of the same columns, in a transaction that is rolled back. Throws `migration-failed` for what
 * the server refuses.
 */
export async function wordDefinition(connection: Connection, index: IndexDefinition): Promise<WordedIndex> {
  const pattern = { schema: 'sluice', name: 'index_pattern' };
  await connection.query('begin');
  try {
    await connection.query(`create table ${quoteRelation(pattern)} (like ${quoteRelation(index.table)})`);
    await connection.query(createIndexSql(index, pattern), undefined, { script: `index ${index.name}` });
    const { rows } = await connection.query<{ definition: string; keys: readonly string[] }>(
      `select ${definition} as definition, array(
         select pg_get_indexdef(relation.oid, n, false) from generate_series(1, indnkeyatts) n order by n
       ) as keys from pg_index join pg_class relation on relation.oid = indexrelid
       join pg_class holder on holder.oid = indrelid join pg_namespace owner on owner.oid = holder.relnamespace
       where indrelid = $1::regclass`,
      [quoteRelation(pattern)],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('an index that was created is not in the catalogue');
    return row;
  } finally {
    await connection.query('rollback').catch(() => {});
  }
}

/** What the server words, without the names of the index and its table, in which the two to compare differ. */
const definition = `case when indrelid is not null then
  case when indisunique then 'UNIQUE ' else '' end || substr(pg_get_indexdef(relation.oid), 1 + length(format(
    'CREATE %sINDEX %I ON %s%I.%I ', case when indisunique then 'UNIQUE ' end, relation.relname,
    case when relation.relkind = 'I' then 'ONLY ' end, owner.nspname, holder.relname))) end`;

const kinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  S: 'sequence',
  f: 'foreign table',
  c: 'type',
};

interface FoundRow {
  readonly oid: number;
  readonly kind: string;
  readonly table_schema: string;
  readonly table_name: string;
  readonly valid: boolean;
  readonly definition: string;
  readonly constraint_name: string | null;
  readonly builder: number | null;
}
