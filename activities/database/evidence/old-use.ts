import type { Connection } from '../connection.js';
import { hasOldWrites } from '../own-tables.js';
import { wordPattern } from './dependents.js';
import type { UseCount } from './growth.js';
import { sessionText } from './old-readers.js';
import type { WhatGoes } from './what-goes.js';

/** Marks that the triggers of these migrations have set for sessions which write as the old version does. */
export async function readOldWrites(
  connection: Connection,
  schema: string,
  places: readonly number[],
): Promise<readonly UseCount[]> {
  if (places.length === 0 || !(await hasOldWrites(connection))) return [];
  const { rows } = await connection.query<OldWrite>(
    `select concat_ws(' ', place, table_name, mark.pid, mark.application_name) as id, marks::float8 as count, table_name as table, mark.pid,
       mark.application_name as name, extract(epoch from clock_timestamp() - last_at)::float8 as ago,
       extract(epoch from clock_timestamp() - query_start)::float8 as since
     from sluice.schema_old_write as mark left join pg_stat_activity as session on session.pid = mark.pid
     where schema_name = $1 and place = any($2) order by last_at desc`,
    [schema, places],
  );
  return rows.map((row) => ({
    id: row.id,
    count: row.count,
    words: `${sessionText(row)} wrote ${row.table} as the old version does ${Math.floor(row.ago)} s ago; stop it, or have it use the new version’s schema`,
  }));
}

interface OldWrite {
  readonly id: string;
  readonly count: number;
  readonly table: string;
  readonly pid: number;
  readonly name: string;
  readonly ago: number;
  readonly since: number | null;
}

/** By the tables, columns and schemas of views that go: two patterns, both of which are in the text of an old statement. */
export function oldStatementPatterns(goes: WhatGoes): readonly (readonly [string, string])[] {
  return [
    ...[...goes.columns, ...goes.tables].map(
      ({ tableName, column }) => [wordPattern(tableName), column === undefined ? '' : wordPattern(column)] as const,
    ),
    ...goes.versionSchemas.map((schema) => [wordPattern(schema), ''] as const),
  ];
}

/** Supporting evidence: the server forgets the rarest, and two versions may say the same. `view` is `pg_stat_statements`. */
export async function readOldStatements(
  connection: Connection,
  view: string,
  patterns: readonly (readonly [string, string])[],
): Promise<readonly UseCount[]> {
  const { rows } = await connection.query<{ id: string; count: number; role: string; text: string }>(
    // What was put out for want of room, and counts anew, is known from Postgres 17 on by since when.
    `select concat_ws(' ', queryid, userid, max(to_jsonb(statement) ->> 'stats_since')) as id, sum(calls)::float8 as count, pg_get_userbyid(userid) as role,
       left(regexp_replace(min(query), '\\s+', ' ', 'g'), 120) as text
     from ${view} as statement
     where dbid = (select oid from pg_database where datname = current_database()) and query !~* '(^|[^a-z])sluice[.]'
       and exists (select from jsonb_array_elements($1) as pattern where query ~* (pattern ->> 0) and query ~* (pattern ->> 1))
     group by queryid, userid order by count desc`,
    [JSON.stringify(patterns)],
  );
  return rows.map(({ id, count, role, text }) => ({
    id,
    count,
    words: `role ${role} still runs a statement of the old version: ${text}; find who runs it, and stop it`,
  }));
}
