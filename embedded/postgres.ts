import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { type PostgresHome, postgresHome } from './postgres-home.js';
import { type PostgresProcess, runPostgres, stopStalePostgres } from './postgres-process.js';

export { stopStalePostgres } from './postgres-process.js';

export interface PostgresOptions {
  /** Folder of the data; made when absent, reused when a server of ours was there before. */
  readonly dataDir: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Created when they do not exist. */
  readonly databases?: readonly string[];
  /** Survive a crash of the machine, too. Default false: what is committed survives a crash of the server only. */
  readonly durable?: boolean;
  /** Counts what statements are run, where `create extension pg_stat_statements` asks for it. Default: false. */
  readonly statementCounts?: boolean;
  /** Folder of the server's programs (Postgres 13 or later). Default: the ones that are installed with this package. */
  readonly programs?: string;
  /** Gets the server's log, a line at a time. */
  readonly log?: (line: string) => void;
}

export interface Postgres {
  readonly port: number;
  readonly pid: number;
  /** Connection string of the superuser. It carries the password. */
  url(database: string): string;
  /** Ends all sessions and the server; resolves when its processes are gone, however often it is called. */
  stop(): Promise<void>;
}

/**
 * A real Postgres on 127.0.0.1, as root or as an ordinary user. It ends with the process that started it, also when
 * that is killed. A server still found on `dataDir` is stopped first: one folder has one owner.
 *
 * Throws with the server's last words when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  await stopStalePostgres(options.dataDir);
  const home = postgresHome(options.dataDir, options.programs);
  if (!existsSync(path.join(home.dataDir, 'PG_VERSION'))) initialise(home);
  const password = readFileSync(path.join(home.dataDir, passwordFile), 'utf8');
  const major = Number(readFileSync(path.join(home.dataDir, 'PG_VERSION'), 'utf8'));

  const server = await runPostgres({
    home,
    port: options.port,
    settings: settings({ ...options, major }),
    log: options.log,
  });
  const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${server.port}/${database}`;
  await createMissing({ server, url: url('postgres'), databases: options.databases ?? [] });
  return { ...server, url };
}

const passwordFile = 'superuser-password';

// Made beside and renamed into place: a folder that was half made must never be taken for a database.
function initialise(home: PostgresHome): void {
  const [found] = readdirSync(home.dataDir);
  if (found !== undefined) {
    throw new Error(`expected ${home.dataDir} to be empty or a Postgres data folder, found ${found}. Move it away.`);
  }
  const half = `${home.dataDir}.new`;
  const password = `${home.dataDir}.password`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  writeFileSync(password, randomBytes(18).toString('hex'), { mode: 0o600 });
  home.own(half);
  home.own(password);

  const [file, ...args] = home.command('initdb');
  const made = spawnSync(
    file,
    [
      ...args,
      `--pgdata=${half}`,
      '--username=postgres',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
    ],
    { ...home.identity, cwd: '/', encoding: 'utf8' },
  );
  if (made.status !== 0) {
    throw new Error(`Postgres could not make its data folder ${home.dataDir}: ${made.error?.message ?? made.stderr}`);
  }
  renameSync(password, path.join(half, passwordFile));
  renameSync(half, home.dataDir);
}

function settings(options: PostgresOptions & { readonly major: number }): Record<string, string> {
  const { durable = false, statementCounts = false, major } = options;
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    ...(major < 14 ? {} : { client_connection_check_interval: '500ms' }),
    // What is rare is put out first when there is no room, and a lint asks for what was run once.
    ...(statementCounts ? { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': '50000' } : {}),
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
}

async function createMissing(wanted: {
  readonly server: PostgresProcess;
  readonly url: string;
  readonly databases: readonly string[];
}): Promise<void> {
  const client = new pg.Client({ connectionString: wanted.url });
  try {
    await client.connect();
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const present = new Set(rows.map((row) => row.datname));
    for (const database of wanted.databases) {
      if (!present.has(database)) await client.query(`create database ${pg.escapeIdentifier(database)}`);
    }
  } catch (error) {
    await wanted.server.stop();
    throw error;
  } finally {
    await client.end();
  }
}
