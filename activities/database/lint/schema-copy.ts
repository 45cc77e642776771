import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type Connection, connect } from '../connection.js';

/** Where the copy is made, and from what. */
export interface CopyOrder {
  readonly connection: Connection;
  readonly url: string;
  /** Major version of the server. */
  readonly version: number;
}

/**
 * Gives `use` a session in a scratch database on the same server, with the schema of the database and none of its rows,
 * and drops it afterwards. Needs `pg_dump` of the server's version or later on the PATH, and the right to create a database.
 */
export async function withSchemaCopy<T>(
  { connection, url, version }: CopyOrder,
  use: (copy: Connection) => Promise<T>,
): Promise<T | { readonly unavailable: string }> {
  const installed = await dumpVersion();
  if (installed === undefined) return { unavailable: 'expected pg_dump on the PATH, found none' };
  if (installed < version) {
    return { unavailable: `expected pg_dump ${version} or later for this server, found ${installed}` };
  }
  const { rows } = await connection.query<{ allowed: boolean }>(
    'select rolcreatedb or rolsuper as allowed from pg_roles where rolname = current_user',
  );
  if (rows[0]?.allowed !== true) {
    return { unavailable: 'expected a role with CREATEDB, found one without: the copy is a database of its own' };
  }
  const schema = await dumpSchema(url).catch((error: Error) => ({ unavailable: error.message }));
  if (typeof schema !== 'string') return schema;
  const name = `sluice_lint_${randomBytes(6).toString('hex')}`;
  await connection.query(`create database ${name} template template0`);
  try {
    const session = { applicationName: 'sluice-lint', lockTimeoutMs: 1_000, statementTimeoutMs: 30_000 };
    const copy = await connect({ url: withDatabase(url, name), ...session });
    try {
      const refused = await copy.query(schema).catch((error: unknown) => error);
      if (refused instanceof Error) return { unavailable: `the copy of the schema failed: ${refused.message}` };
      await copy.reset();
      return await use(copy);
    } finally {
      await copy.close();
    }
  } finally {
    await connection.query(`drop database if exists ${name} with (force)`);
  }
}

async function dumpVersion(): Promise<number | undefined> {
  try {
    return Number(/\) (\d+)/.exec(await runDump(['--version'], {}))?.[1]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Owners, grants, publications and subscriptions stay behind; so do psql's own commands, which newer versions add. */
async function dumpSchema(url: string): Promise<string> {
  const { host, port, user, password, database } = new pg.Client({ connectionString: url });
  const mode = new URL(url).searchParams.get('sslmode');
  const text = await runDump(
    ['--schema-only', '--no-owner', '--no-privileges', '--no-publications', '--no-subscriptions', '--no-password'],
    {
      PGHOST: host,
      PGPORT: String(port),
      ...(user === undefined ? {} : { PGUSER: user }),
      ...(database === undefined ? {} : { PGDATABASE: database }),
      // Not as an argument: every user of the machine may read those.
      ...(typeof password === 'string' ? { PGPASSWORD: password } : {}),
      ...(mode === null ? {} : { PGSSLMODE: mode }),
    },
  );
  return text.replace(/^\\.*$/gm, '').replace(/^CREATE SCHEMA public;$/m, 'CREATE SCHEMA IF NOT EXISTS public;');
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

const dumpBytes = 256 * 1024 * 1024;

function runDump(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000, maxBuffer: dumpBytes };
    execFile('pg_dump', args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(Object.assign(new Error(`pg_dump failed: ${stderr.trim().split('\n')[0]}`), { code: error.code }));
    });
  });
}
