import type { Connection } from '../connection.js';
import { keptSchema } from '../own-tables.js';
import type { Drop } from './drops.js';

/** What the session's role may not do and would have to, to keep these; each a sentence. */
export async function readMissingRights(connection: Connection, drops: readonly Drop[]): Promise<readonly string[]> {
  if (drops.length === 0) return [];
  const tables = drops.flatMap(({ table, column }) => (column === undefined ? [table] : []));
  const { rows } = await connection.query<{ missing: string }>(
    `select format('%s may not %s: %s to it', current_user, may, "grant") as missing from (
       select distinct 'rename in schema ' || relnamespace::regnamespace, format('grant create on schema %s', relnamespace::regnamespace),
         has_schema_privilege(relnamespace, 'CREATE')
       from unnest($1::text[]) as name join pg_class on pg_class.oid = to_regclass(name)
       union all select 'put tables into schema ${keptSchema}', 'grant usage, create on schema ${keptSchema}',
         has_schema_privilege(oid, 'USAGE') and has_schema_privilege(oid, 'CREATE')
       from pg_namespace where nspname = '${keptSchema}' and cardinality($1::text[]) > 0
       union all select 'create schema ${keptSchema}', format('grant create on database %I', current_database()),
         to_regnamespace('${keptSchema}') is not null or has_database_privilege(current_database(), 'CREATE')
       union all select 'create sluice.schema_kept', 'grant create on schema sluice',
         exists (select from pg_class where relnamespace = pg_namespace.oid and relname = 'schema_kept') or has_schema_privilege(oid, 'CREATE')
       from pg_namespace where nspname = 'sluice'
       union all select 'write sluice.schema_kept', 'grant insert on sluice.schema_kept', has_table_privilege(oid, 'INSERT')
       from pg_class where relname = 'schema_kept' and relnamespace = to_regnamespace('sluice')
     ) as needed (may, "grant", has) where not has`,
    [tables],
  );
  return rows.map(({ missing }) => missing);
}
