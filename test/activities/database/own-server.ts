import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { type Postgres, startPostgres } from '../../../embedded/postgres.js';
import { postgresPrograms } from '../../../embedded/postgres-version.js';

/** A server that may be killed: not the one that the tests of a run share. */
export interface OwnServer {
  url(database: string): string;
  /** A new database in it; gives its address. */
  database(name: string): Promise<string>;
  /** SIGKILL; resolves when none of its processes is left. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** On the same port and the same data. */
  start(): Promise<void>;
  /** Another one that follows it; stops and starts it once. */
  standby(name: string): Promise<OwnServer>;
}

/** Servers of the version under test, and a way to end them all with their data. */
export async function ownServers() {
  const found = await postgresPrograms(inject('postgres'), (line) => console.log(line));
  if ('missing' in found) throw new Error(found.missing);
  const { programs } = found;
  const folder = mkdtempSync(path.join(tmpdir(), `sluice-test-${process.pid}-servers-`));
  chmodSync(folder, 0o755);
  const servers: OwnServer[] = [];

  const server = async (dataDir: string): Promise<OwnServer> => {
    let running = await startPostgres({ dataDir, programs });
    const own: OwnServer = {
      url: (database) => running.url(database),
      database: async (name) => {
        await administer(running, `create database ${pg.escapeIdentifier(name)}`);
        return running.url(name);
      },
      kill: async () => {
        process.kill(running.pid, 'SIGKILL');
        await running.stop();
      },
      stop: () => running.stop(),
      start: async () => {
        running = await startPostgres({ dataDir, programs, port: running.port });
      },
      standby: async (name) => {
        const copy = path.join(folder, name);
        await running.stop();
        execFileSync('cp', ['-a', dataDir, copy]);
        await own.start();
        writeFileSync(path.join(copy, 'standby.signal'), '');
        const line = new URL(running.url('postgres'));
        const to = `host=127.0.0.1 port=${line.port} user=postgres password=${line.password} application_name=${name}`;
        appendFileSync(path.join(copy, 'postgresql.auto.conf'), `\nprimary_conninfo = '${to}'\n`);
        return server(copy);
      },
    };
    servers.push(own);
    return own;
  };

  const end = async () => {
    await Promise.all(servers.map((each) => each.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  return { start: () => server(path.join(folder, 'primary')), end };
}

/** A statement for the server as a whole. */
export async function administer({ url }: Pick<Postgres, 'url'>, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url('postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
