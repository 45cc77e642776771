import pg from 'pg';
import { inject } from 'vitest';
import { sharedService } from './shared-service.js';

/** Connection string of a new, empty database in the Postgres of the run, or of the test project. It goes with the run. */
export function freshDatabase(name: string): Promise<string> {
  return sharedService(`/database/${inject('postgres')}/${encodeURIComponent(name)}`);
}

/** Together with the sessions that are still in it. */
export async function dropDatabase(url: string): Promise<void> {
  const server = new URL(url);
  const database = decodeURIComponent(server.pathname.slice(1));
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(`drop database ${client.escapeIdentifier(database)} with (force)`);
  } finally {
    await client.end();
  }
}
