import type { Connection } from './connection.js';

/** What a table or view consists of: `column email` is `text not null`. What stands in it is no part of it. */
export type Picture = Readonly<Record<string, string>>;

/**
 * The picture of the relation `relation.oid`, as an SQL expression. Without invalid indexes: they are left-overs, or on
 * their way. Names in it depend on the search path; see `withPlainNames`.
 */
export const pictureSql = `(select jsonb_object_agg(what, words) from (
    select 'column ' || attname as what, concat_ws(' ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
      case attidentity when 'a' then 'identity' when 'd' then 'identity by default' end,
      case when attgenerated = '' then 'default ' else 'generated as ' end || pg_get_expr(adbin, adrelid)) as words
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = relation.oid and attnum > 0 and not attisdropped
    union all
    select 'constraint ' || conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = relation.oid and contype <> 't'
    union all
    select 'index ' || relname, pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = relation.oid and indisvalid
    union all
    select 'trigger ' || tgname, concat_ws(' ', pg_get_triggerdef(pg_trigger.oid),
      case tgenabled when 'D' then 'disabled' when 'A' then 'enabled always' when 'R' then 'enabled for replicas' end,
      case when starts_with(proname, '~sluice_') then 'running ' || md5(prosrc) end)
    from pg_trigger join pg_proc on pg_proc.oid = tgfoid where tgrelid = relation.oid and not tgisinternal
    union all
    select 'query', md5(ev_action::text) from pg_rewrite where ev_class = relation.oid and rulename = '_RETURN'
    union all
    select 'row level security', case when relforcerowsecurity then 'forced' else 'on' end where relrowsecurity
    union all
    select 'replica identity', case relreplident when 'f' then 'full' when 'n' then 'nothing' else 'an index' end
    where relreplident in ('f', 'n', 'i')
    union all
    select 'kind', case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end
  ) as part)`;

/** The same for the same picture, whoever takes it. */
export const fingerprintSql = (picture: string) => `encode(sha256(convert_to(${picture}::text, 'UTF8')), 'hex')`;

/** Partitions come and go with time; what is temporary is one session's; and what sluice and Flyway keep is theirs. */
export const picturedSql = `relation.relkind in ('r', 'p', 'v', 'm', 'f') and not relation.relispartition
  and relation.relpersistence <> 't' and relation.relname <> 'flyway_schema_history'
  and relation.relnamespace not in (select oid from pg_namespace where nspname in ('sluice', 'pg_catalog', 'information_schema'))`;

/** Lets `work` ask the server for definitions in which every name has its schema, whatever the session's search path. */
export async function withPlainNames<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  const { rows } = await connection.query<{ path: string }>(`select current_setting('search_path') as path`);
  await connection.query(`select set_config('search_path', 'pg_catalog', false)`);
  try {
    return await work();
  } finally {
    // In a transaction that has failed the rollback does so.
    await connection.query(`select set_config('search_path', $1, false)`, [rows[0]?.path ?? '']).catch(() => {});
  }
}
