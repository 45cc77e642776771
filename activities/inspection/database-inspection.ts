import type { DatabaseFacts } from '../../domain/doctor/facts.js';
import type { DatabaseRequest } from '../../domain/release-request.js';
import { connect } from '../database/connection.js';
import { likePattern } from '../database/evidence/old-sessions.js';
import type { Secrets } from '../secrets.js';

/** One session, for as long as two questions take. */
export async function inspectDatabase(secrets: Secrets, database: DatabaseRequest): Promise<DatabaseFacts> {
  const connection = await connect({
    url: secrets(database.urlSecret),
    applicationName: 'sluice/doctor',
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 5_000,
  });
  try {
    const { rows: versions } = await connection.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    );
    const { rows } = await connection.query<{ name: string; count: number }>(
      `select application_name as name, count(*)::int as count from pg_stat_activity
       where datname = current_database() and application_name like $1 group by 1 order by 1`,
      [likePattern(database.applicationName.replace('{version}', '%'))],
    );
    return {
      version: versions[0]?.version ?? 0,
      sessions: Object.fromEntries(rows.map(({ name, count }) => [name, count])),
    };
  } finally {
    await connection.close();
  }
}
