import type { Connection } from '../connection.js';

/** Sessions that have one of the old version's views open in a transaction, and those whose role leads to them. */
export async function readOldReaders(
  connection: Connection,
  versionSchemas: readonly string[],
): Promise<readonly string[]> {
  if (versionSchemas.length === 0) return [];
  const { rows: open } = await connection.query<Reader>(
    `select ${who}, string_agg(distinct relation::regclass::text, ', ') as views from pg_locks
     join pg_class on pg_class.oid = relation join pg_namespace on pg_namespace.oid = relnamespace
     join pg_stat_activity as session using (pid)
     where locktype = 'relation' and nspname = any($1) and pid <> pg_backend_pid()
       and database = (select oid from pg_database where datname = current_database())
     group by pid, application_name, query_start`,
    [versionSchemas],
  );
  const { rows: led } = await connection.query<Reader>(
    `select ${who}, nspname as views from pg_stat_activity as session
     join pg_db_role_setting on setrole in (usesysid, 0) and setdatabase in (datid, 0)
     join unnest(setconfig) as setting on starts_with(setting, 'search_path=')
     join unnest($1::text[]) as nspname on nspname = any(regexp_split_to_array(substr(setting, 13), '[", ]+'))
     where datname = current_database() and pid <> pg_backend_pid()`,
    [versionSchemas],
  );
  return [
    ...open.map((row) => `${sessionText(row)} has ${row.views} of the old version open in a transaction; end it`),
    ...led.map(
      (row) =>
        `${sessionText(row)} has ${row.views} of the old version in its role’s search_path; end it, or set the role to the new one`,
    ),
  ];
}

interface Reader {
  readonly pid: number;
  readonly name: string;
  /** Seconds since its last statement began. */
  readonly since: number | null;
  readonly views: string;
}

const who = `pid, application_name as name, extract(epoch from clock_timestamp() - query_start)::float8 as since`;

export function sessionText({ pid, name, since }: Omit<Reader, 'views'>): string {
  const begun = since === null ? '' : `, last statement begun ${Math.floor(since)} s ago`;
  return `pid ${pid} "${name}"${begun}`;
}
