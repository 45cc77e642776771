import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect } from '../../../activities/database/connection.js';
import { lineTo } from './line.js';
import { scratchDatabase } from './scratch.js';

describe('a server that falls silent', () => {
  it('ends the statement as unreachable, and every one after it', async () => {
    const { url } = await scratchDatabase();
    const line = await silentLine(url);
    const options = { applicationName: 'test', lockTimeoutMs: 0, statementTimeoutMs: 100, silenceMs: 200 };
    const connection = await connect({ ...options, url: line.url });
    await expect(connection.query('select 1')).resolves.toMatchObject({ rowCount: 1 });
    line.fallSilent();
    const unreachable = expect.objectContaining({
      code: 'database-unreachable',
      message: 'Connection terminated: the server said nothing for 0.3 s',
    });
    await expect(connection.query('select 2')).rejects.toEqual(unreachable);
    await expect(connection.query('select 3')).rejects.toMatchObject({ code: 'database-unreachable' });
    await connection.close();
  });
});

describe('a client that is gone', () => {
  it('takes the statement that runs for it along', async ({ skip }) => {
    const { url, sql, value } = await scratchDatabase();
    const major = await value<number>(`select current_setting('server_version_num')::int / 10000`);
    skip(major < 14, 'before Postgres 14 the server does not look for its client');
    const name = await value<string>('select current_database()');
    await sql(`alter database "${name}" set client_connection_check_interval = 0`);
    const options = { applicationName: 'gone', lockTimeoutMs: 0, statementTimeoutMs: 600_000 };
    const connection = await connect({ ...options, url });
    const sleeping = connection.query('select pg_sleep(600)').catch((error: unknown) => error);
    const running = () =>
      value(`select count(*)::int from pg_stat_activity where pid = ${connection.pid} and query ~ 'pg_sleep'`);
    await expect.poll(running).toBe(1);
    connection.destroy();
    await expect.poll(running).toBe(0);
    expect(await sleeping).toMatchObject({ code: 'database-unreachable' });
  });
});

describe('a value that could not be read', () => {
  it.each([
    `select 'Jane Doe, jane@example.com'::int`,
    `select 'Jane Doe, jane@example.com'::date`,
    `select 'Jane Doe" jane@example.com'::numeric`,
    `select '{"Jane Doe"'::jsonb`,
  ])('is not told: %s', async (statement) => {
    const { url } = await scratchDatabase();
    const connection = await connect({ applicationName: 'test', lockTimeoutMs: 0, statementTimeoutMs: 1_000, url });
    const error = await connection.query(statement).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'migration-failed', message: expect.stringMatching(/SQLSTATE 22/) as string });
    expect(`${String(error)}`).not.toMatch(/Jane|jane/);
    await connection.close();
  });
});

/** A way to the server that goes on taking what is sent when nothing comes back any more. */
async function silentLine(url: string): Promise<{ readonly url: string; fallSilent(): void }> {
  const servers: Socket[] = [];
  const line = await lineTo(url, (client, server) => {
    servers.push(server);
    for (const end of [client, server]) end.on('error', () => {});
    client.pipe(server);
    server.pipe(client);
  });
  const fallSilent = () => {
    for (const server of servers) server.unpipe();
  };
  return { url: line, fallSilent };
}
