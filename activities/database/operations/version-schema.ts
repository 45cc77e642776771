import type { Connection } from '../connection.js';
import { fitName, quoted } from './names.js';

/** `public_03_add_email`: what the new version has in its search_path. */
export function versionSchemaName(schema: string, version: string): string {
  return fitName(`${schema}_${version}`);
}

/** What a client of the version sets: its tables first; types, functions and sequences are where they were. */
export function searchPathOf(versionSchema: string, schema: string): string {
  return `${quoted(versionSchema)}, ${quoted(schema)}`;
}

/**
 * Why the version's schema cannot be made, or be taken where somebody who may make schemas has made it beforehand: it has to
 * be this role's, which is to drop it, and empty. `undefined` when nothing is in the way.
 */
export async function refuseVersionSchema(connection: Connection, name: string): Promise<string | undefined> {
  const { role, database, mayCreate, isThere, isOwn, holds } = await readVersionSchema(connection, name);
  const beforehand = `create schema ${quoted(name)} authorization ${role}`;
  if (!isThere) {
    if (mayCreate) return undefined;
    return `expected to be able to create schema ${name}, found that ${role} may not; grant create on database ${database} to it, or have somebody who may ${beforehand}`;
  }
  if (isOwn && holds === null) return undefined;
  const found = isOwn ? `one that holds ${holds}` : `one that is not ${role}’s`;
  return `expected no schema ${name} yet, or an empty one of ${role}’s, found ${found}; drop it, or choose another name`;
}

/** On the way back: whoever could not make it again leaves it, empty, for the next attempt. */
export async function clearVersionSchema(connection: Connection, name: string): Promise<void> {
  const { mayCreate } = await readVersionSchema(connection, name);
  if (mayCreate) await dropVersionSchema(connection, name);
  else await dropViewsIn(connection, name);
}

interface VersionSchema {
  /** Both quoted. */
  readonly role: string;
  readonly database: string;
  readonly mayCreate: boolean;
  readonly isThere: boolean;
  readonly isOwn: boolean;
  /** Something that is in it; `null` when it is empty. */
  readonly holds: string | null;
}

export async function readVersionSchema(connection: Connection, name: string): Promise<VersionSchema> {
  const { rows } = await connection.query<VersionSchema>(
    `select quote_ident(current_user) as role, quote_ident(current_database()) as database,
       has_database_privilege(current_database(), 'create') as "mayCreate", pg_namespace.oid is not null as "isThere",
       coalesce(pg_has_role(nspowner, 'usage'), false) as "isOwn",
       (select pg_describe_object(classid, objid, 0) from pg_depend
        where refclassid = 'pg_namespace'::regclass and refobjid = pg_namespace.oid and classid <> 'pg_default_acl'::regclass
        limit 1) as holds
     from (select) as asked left join pg_namespace on nspname = $1`,
    [name],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('a statement that asks for one row gave none');
  return found;
}

async function dropViewsIn(connection: Connection, name: string): Promise<void> {
  const { rows } = await connection.query<{ view: string }>(
    `select format('%I.%I', nspname, relname) as view from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = $1 and relkind = 'v'`,
    [name],
  );
  for (const { view } of rows) await connection.query(`drop view if exists ${view}`);
}

/** Its views and then itself; a schema into which somebody has put something else stays. `false` when it does. */
export async function dropVersionSchema(connection: Connection, name: string): Promise<boolean> {
  await dropViewsIn(connection, name);
  const { rows: left } = await connection.query<{ count: number }>(
    `select count(*)::int as count from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = $1`,
    [name],
  );
  if (left[0]?.count !== 0) return false;
  await connection.query(`drop schema if exists ${quoted(name)}`);
  return true;
}
