import type { TableSize } from '../../../domain/lint/waits.js';
import { silentStandbys } from '../../../domain/standby-queries.js';
import type { Connection } from '../connection.js';
import { findStatements } from '../evidence/statements.js';
import { readStandbyQueries } from '../standby-queries.js';
import { readStarReaders } from './star-readers.js';

/** What the database says of the tables that the files name. */
export interface DatabaseFacts {
  /** Major version. */
  readonly version: number;
  /** Standbys that stream from it now. */
  readonly replicas: number;
  /** Those of them whose queries nobody sees from here. */
  readonly silentReplicas: readonly string[];
  /** What is not shown of the statements that are run, and what to grant; absent when all is. */
  readonly unseen?: string;
  readonly tables: ReadonlyMap<string, TableFacts>;
}

export interface TableFacts extends TableSize {
  readonly partitioned: boolean;
  /** By name; the type as `format_type` writes it. */
  readonly columns: ReadonlyMap<string, string>;
  /** Columns that are NOT NULL already, or have a valid CHECK that says so. */
  readonly notNull: readonly string[];
  /** By name: the other table. */
  readonly foreignKeys: ReadonlyMap<string, string>;
  readonly publications: readonly string[];
  /** What fills it from another server. */
  readonly subscriptions: readonly string[];
  /** Statements that were run and read all of its columns by `*`, where the server records statements. */
  readonly starReaders: readonly string[];
  readonly triggers: readonly string[];
  /** Those that fire for every row of an UPDATE, whatever it changes. */
  readonly rowTriggers: readonly string[];
  /** Views that read a column, and functions whose text names table and column. */
  readonly uses: readonly { readonly column: string; readonly by: string }[];
}

/** Reads the catalogue alone: no table is locked or looked into. Errors: `database-unreachable`, `database-refused`. */
export async function readDatabaseFacts(connection: Connection, names: readonly string[]): Promise<DatabaseFacts> {
  const { rows } = await connection.query<{ version: number; replicas: number }>(
    `select current_setting('server_version_num')::integer / 10000 as version,
       (select count(*)::integer from pg_stat_replication) as replicas`,
  );
  const [server] = rows;
  const tables = await connection.query<TableRow>(tableQuery, [names]);
  const { view, unseen } = await findStatements(connection);
  const starReaders =
    view === undefined
      ? undefined
      : await readStarReaders(
          connection,
          view,
          tables.rows.map(({ name }) => name),
        );
  const { standbys } = await readStandbyQueries(connection);
  return {
    version: server?.version ?? 0,
    replicas: server?.replicas ?? 0,
    silentReplicas: silentStandbys(standbys).map(({ name }) => name),
    ...(unseen === undefined ? {} : { unseen }),
    tables: new Map(tables.rows.map((row) => [row.name, factsOf(row, starReaders?.get(row.name) ?? [])])),
  };
}

/** `3 tables of a Postgres 18, 1 standbys` */
export function describeFacts({ tables, version, replicas, silentReplicas, unseen }: DatabaseFacts): string {
  const seen = [
    `${tables.size} tables of a Postgres ${version}, ${replicas} standbys`,
    ...(silentReplicas.length === 0 ? [] : [describeSilent(silentReplicas)]),
    ...(unseen === undefined ? [] : [unseen]),
  ];
  return seen.join('; ');
}

function describeSilent(silentReplicas: readonly string[]): string {
  return `what queries read on ${silentReplicas.join(', ')} is not seen from here (hot_standby_feedback is off): behind a long one there, a strong lock keeps all tables from being replayed`;
}

interface TableRow {
  readonly name: string;
  readonly bytes: string;
  readonly rows: number;
  readonly partitioned: boolean;
  readonly columns: Readonly<Record<string, string>>;
  readonly not_null: readonly string[];
  readonly foreign_keys: Readonly<Record<string, string>>;
  readonly publications: readonly string[];
  readonly subscriptions: readonly string[];
  readonly triggers: readonly string[];
  readonly row_triggers: readonly string[];
  readonly uses: TableFacts['uses'];
}

function factsOf(row: TableRow, starReaders: TableFacts['starReaders']): TableFacts {
  const { name, rows, partitioned, publications, subscriptions, triggers, uses } = row;
  return {
    name,
    bytes: Number(row.bytes),
    rows,
    partitioned,
    columns: new Map(Object.entries(row.columns)),
    notNull: row.not_null,
    foreignKeys: new Map(Object.entries(row.foreign_keys)),
    publications,
    subscriptions,
    starReaders,
    triggers,
    rowTriggers: row.row_triggers,
    uses,
  };
}

/** A partitioned table is as large as its partitions. Names are found as the session's `search_path` finds them. */
const tableQuery = `
  with named as (
    select name, to_regclass((select string_agg(quote_ident(part), '.') from unnest(string_to_array(name, '.')) part)) as oid
    from unnest($1::text[]) name
  )
  select named.name,
    (select coalesce(sum(pg_table_size(relid)), pg_table_size(c.oid)) from pg_partition_tree(c.oid) where isleaf)::text as bytes,
    (select coalesce(sum(greatest(leaf.reltuples, 0)), greatest(c.reltuples, 0))
       from pg_partition_tree(c.oid) part join pg_class leaf on leaf.oid = part.relid where part.isleaf)::float8 as rows,
    c.relkind = 'p' as partitioned,
    (select coalesce(jsonb_object_agg(attname, format_type(atttypid, atttypmod)), '{}')
       from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
    (select coalesce(jsonb_agg(attname), '[]') from pg_attribute a
       where attrelid = c.oid and attnum > 0 and not attisdropped and (attnotnull or exists (
         select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.convalidated
           and pg_get_constraintdef(k.oid) = format('CHECK ((%I IS NOT NULL))', attname)))) as not_null,
    (select coalesce(jsonb_object_agg(conname, case when conrelid = c.oid then confrelid else conrelid end::regclass), '{}')
       from pg_constraint where contype = 'f' and c.oid in (conrelid, confrelid)) as foreign_keys,
    (select coalesce(jsonb_agg(distinct pubname), '[]') from pg_publication_tables
       where schemaname = (select nspname from pg_namespace n where n.oid = c.relnamespace) and tablename = c.relname) as publications,
    (select coalesce(jsonb_agg(tgname order by tgname), '[]') from pg_trigger where tgrelid = c.oid and not tgisinternal
       and tgenabled in ('O', 'A') and tgtype & 17 = 17 and tgattr::text = '' and tgqual is null
       and not starts_with(tgname, '~sluice_')) as row_triggers,
    (select coalesce(jsonb_agg(distinct subname), '[]') from pg_subscription_rel join pg_stat_subscription on subid = srsubid
       where srrelid = c.oid or srrelid in (select relid from pg_partition_tree(c.oid))) as subscriptions,
    (select coalesce(jsonb_agg(tgname), '[]') from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers,
    (select coalesce(jsonb_agg(jsonb_build_object('column', attname, 'by', by) order by attname, by), '[]') from (
       select distinct a.attname, case v.relkind when 'm' then 'the materialized view ' else 'the view ' end || v.oid::regclass as by
         from pg_depend d join pg_rewrite r on r.oid = d.objid join pg_class v on v.oid = r.ev_class
         join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
         where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
           and v.oid <> c.oid
       union
       select a.attname, 'the function ' || p.oid::regproc
         from pg_attribute a join pg_proc p on p.prosrc ~* format('\\m%s\\M', a.attname)
         join pg_language l on l.oid = p.prolang
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname ~ '^\\w+$'
           and l.lanname in ('plpgsql', 'sql') and p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
           and (p.prosrc ~* format('\\m%s\\M', c.relname)
             or exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = p.oid))
     ) used) as uses
  from named join pg_class c on c.oid = named.oid
  where c.relkind in ('r', 'p', 'm')`;
