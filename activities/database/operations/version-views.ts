import type { Connection } from '../connection.js';
import type { Catalogue, Column, Table } from './catalogue.js';
import { literal, qualified, quoted } from './names.js';
import { readVersionSchema } from './version-schema.js';

/**
 * Makes the version's schema of views: explicit columns, so that a statement prepared as `select *` survives what is
 * added below; with the caller's own rights from Postgres 15 on, where these are rights to tables; with the defaults, comments and grants of the tables.
 */
export async function createVersionViews(connection: Connection, name: string, catalogue: Catalogue): Promise<void> {
  const { rows } = await connection.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  const knowsCallers = (rows[0]?.major ?? 0) >= 15;
  const { isThere } = await readVersionSchema(connection, name);
  if (!isThere) await connection.query(`create schema ${quoted(name)}`);
  await connection.query(await usageGrants(connection, catalogue.schema, name));
  for (const table of catalogue.tables) {
    const place = qualified(catalogue.schema, table.physical);
    const view = qualified(name, table.name);
    const columns = table.columns.map((column) => `${quoted(column.physical)} as ${quoted(column.name)}`);
    // A caller needs rights to all columns of a view; who has them to some gets just those, from the view itself.
    const byColumn = await hasColumnGrants(connection, place);
    const asCaller = knowsCallers && !byColumn ? ' with (security_invoker = true)' : '';
    const statements = [
      `create view ${view}${asCaller} as select ${columns.join(', ')} from ${place}`,
      ...table.columns.flatMap((column) => ownDefault(view, column)),
      ...(await comments(connection, { place, view, table })),
      ...(await tableGrants(connection, { place, view, table })),
    ];
    await connection.query(statements.join(';\n'));
  }
}

/** What the server takes for the view's column where an INSERT leaves it out; without, it is the table's default. */
function ownDefault(view: string, { name, inViewOnly, default: value }: Column): readonly string[] {
  if (inViewOnly !== true) return [];
  // Without one the table's would be taken.
  return [`alter view ${view} alter column ${quoted(name)} set default ${value ?? 'null'}`];
}

interface ViewOrder {
  readonly place: string;
  readonly view: string;
  readonly table: Table;
}

async function comments(connection: Connection, { place, view, table }: ViewOrder): Promise<readonly string[]> {
  const { rows } = await connection.query<{ comment: string | null }>(
    `select obj_description($1::regclass, 'pg_class') as comment`,
    [place],
  );
  const comment = rows[0]?.comment ?? null;
  return [
    ...(comment === null ? [] : [`comment on view ${view} is ${literal(comment)}`]),
    ...table.columns.flatMap((column) =>
      column.comment === undefined
        ? []
        : [`comment on column ${view}.${quoted(column.name)} is ${literal(column.comment)}`],
    ),
  ];
}

async function usageGrants(connection: Connection, schema: string, name: string): Promise<string> {
  const { rows } = await connection.query<Grant>(
    `select ${grantColumns} from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as acl
     where nspname = $1 and privilege_type = 'USAGE' and ${notOurs}`,
    [schema],
  );
  return rows.map(({ grantee }) => `grant usage on schema ${quoted(name)} to ${grantee}`).join(';\n');
}

/** Of the table, and of single columns; those a view does not know are left out. */
async function tableGrants(connection: Connection, { place, view, table }: ViewOrder): Promise<readonly string[]> {
  const { rows } = await connection.query<Grant & { readonly column: string | null }>(
    `select ${grantColumns}, null as column from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl
     where pg_class.oid = $1::regclass and ${notOurs} and privilege_type in (${viewPrivileges})
     union all
     select ${grantColumns}, attname from pg_attribute, aclexplode(attacl) as acl
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and privilege_type in (${viewPrivileges})`,
    [place],
  );
  return rows.flatMap(({ grantee, privilege, column }) => {
    const shown = table.columns.find(({ physical }) => physical === column);
    if (column !== null && shown === undefined) return [];
    const of = shown === undefined ? '' : ` (${quoted(shown.name)})`;
    return [`grant ${privilege}${of} on ${view} to ${grantee}`];
  });
}

/** Whether somebody has rights to single columns of the table. */
export async function hasColumnGrants(connection: Connection, place: string): Promise<boolean> {
  const { rowCount } = await connection.query(
    'select from pg_attribute where attrelid = $1::regclass and attacl is not null and not attisdropped limit 1',
    [place],
  );
  return rowCount !== 0;
}

interface Grant {
  /** Quoted, or `public`. */
  readonly grantee: string;
  readonly privilege: string;
}

const grantColumns = `case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee,
  privilege_type as privilege`;
/** What is made here is this session's role's. */
const notOurs = `grantee is distinct from (select oid from pg_roles where rolname = current_user)`;
const viewPrivileges = `'SELECT', 'INSERT', 'UPDATE', 'DELETE'`;

/** The views on one table that belong to one of the schemas, each to be dropped. */
export async function dropViewsOf(connection: Connection, place: string, schemas: readonly string[]): Promise<void> {
  const { rows } = await connection.query<{ view: string }>(
    `select distinct format('%I.%I', nspname, relname) as view from pg_depend
     join pg_rewrite on pg_rewrite.oid = objid and classid = 'pg_rewrite'::regclass
     join pg_class on pg_class.oid = ev_class join pg_namespace on pg_namespace.oid = relnamespace
     where refobjid = $1::regclass and relkind = 'v' and nspname = any($2)`,
    [place, schemas],
  );
  for (const { view } of rows) await connection.query(`drop view ${view}`);
}
