import { randomBytes } from 'node:crypto';
import { type Connection, connect } from '../connection.js';
import { schemaDefinitions } from './schema-definitions.js';

/** Where the copy is made, and of what. */
export interface CopyOrder {
  readonly connection: Connection;
  readonly url: string;
}

/**
 * Gives `use` a session in a scratch database on the same server, with the schema of the database and none of its rows,
 * and drops it afterwards. Needs the right to create a database, and that all of the schema can be made anew.
 */
export async function withSchemaCopy<T>(
  { connection, url }: CopyOrder,
  use: (copy: Connection) => Promise<T>,
): Promise<T | { readonly unavailable: string }> {
  const { rows } = await connection.query<{ allowed: boolean }>(
    'select rolcreatedb or rolsuper as allowed from pg_roles where rolname = current_user',
  );
  if (rows[0]?.allowed !== true) {
    return { unavailable: 'expected a role with CREATEDB, found one without: the copy is a database of its own' };
  }
  const definitions = await readDefinitions(connection);
  const name = `sluice_lint_${randomBytes(6).toString('hex')}`;
  await connection.query(`create database ${name} template template0`);
  try {
    const session = { applicationName: 'sluice-lint', lockTimeoutMs: 1_000, statementTimeoutMs: 30_000 };
    const copy = await connect({ url: withDatabase(url, name), ...session });
    try {
      const missing = await make(copy, definitions);
      if (missing !== undefined) return { unavailable: missing };
      return await use(copy);
    } finally {
      await copy.close();
    }
  } finally {
    await connection.query(`drop database if exists ${name} with (force)`);
  }
}

interface Definition {
  readonly what: string;
  readonly text: string;
}

/** With an empty search path every name is written out in full. */
async function readDefinitions(connection: Connection): Promise<readonly Definition[]> {
  await connection.query(`set search_path = ''`);
  const { rows } = await connection.query<Definition>(schemaDefinitions);
  await connection.query('reset search_path');
  return rows;
}

/** Again and again what failed for want of another, until a round brings nothing; answers with what is then left. */
async function make(copy: Connection, definitions: readonly Definition[]): Promise<string | undefined> {
  await copy.query(`set check_function_bodies = off; set search_path = ''`);
  let [open, failure] = [definitions, ''];
  for (let before = Infinity; open.length > 0 && open.length < before;) {
    before = open.length;
    const left: Definition[] = [];
    for (const definition of open) {
      try {
        await copy.query(definition.text);
      } catch (error) {
        if (left.length === 0) failure = `${definition.what}: ${(error as Error).message}`;
        left.push(definition);
      }
    }
    open = left;
  }
  await copy.reset();
  return open.length === 0 ? undefined : `the schema cannot be copied in full, beginning with ${failure}`;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
