import type { Connection } from './connection.js';
import { sqlstateOf } from './sqlstate.js';

const present = `to_regclass('sluice.schema_fence') is not null and to_regclass('sluice.schema_backfill') is not null`;

/** Whether an engine was ever at work in this database. */
export async function hasOwnTables(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${present} as present`);
  return rows[0]?.present === true;
}

/** What the engine keeps in the target database besides Flyway's history. */
export async function createOwnTables(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present,
    create: `
      ${schemaOnce('sluice')}
      create table if not exists sluice.schema_fence (
        lane text primary key,
        generation bigint not null,
        pid integer not null,
        backend_start timestamptz not null,
        claimed_at timestamptz not null default now()
      );
      create table if not exists sluice.schema_backfill (
        schema_name text not null,
        version text not null,
        script text not null,
        checksum integer not null,
        after_key text not null,
        last_key text,
        rows bigint not null default 0,
        batches bigint not null default 0,
        started_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (schema_name, version)
      );`,
  });
  // Of before a backfill was divided. One that has stopped goes on as one part.
  await createOnce(connection, {
    present: `exists (select from pg_attribute where attrelid = to_regclass('sluice.schema_backfill') and attname = 'part')`,
    create: `alter table sluice.schema_backfill add column part integer not null default 0,
      drop constraint schema_backfill_pkey, add primary key (schema_name, version, part)`,
  });
  await createOnce(connection, {
    present: tuningsPresent,
    create: `
      create table sluice.schema_tuning (
        schema_name text not null,
        version text not null,
        lane text not null,
        generation bigint not null,
        tuning jsonb not null,
        tuned_by text not null,
        reason text not null,
        tuned_at timestamptz not null default clock_timestamp(),
        primary key (schema_name, version)
      );
      ${sharedAs('schema_tuning')}`,
  });
}

const tuningsPresent = `to_regclass('sluice.schema_tuning') is not null`;

/** Databases that an earlier version of sluice was at work in have none. */
export async function hasTunings(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${tuningsPresent} as present`);
  return rows[0]?.present === true;
}

const operationsPresent = `to_regclass('sluice.schema_migration') is not null`;

/** Whether operations were ever run in this database. */
export async function hasOperationTables(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${operationsPresent} as present`);
  return rows[0]?.present === true;
}

/** What the engine of operations keeps: where each file stands, and the events. */
export async function createOperationTables(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present: operationsPresent,
    create: `
      ${schemaOnce('sluice')}
      create table if not exists sluice.schema_migration (
        schema_name text not null,
        place integer not null,
        name text not null,
        file text not null,
        hash text not null,
        chain text not null,
        engine integer not null,
        version_schema text not null,
        state text not null,
        steps integer not null default 0,
        plan jsonb not null,
        primary key (schema_name, place),
        unique (schema_name, name)
      );`,
  });
  await createEvents(connection);
}

const eventsPresent = `to_regclass('sluice.schema_event') is not null`;

/** Whether anything was done here that Flyway's history does not tell. */
export async function hasEvents(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${eventsPresent} as present`);
  return rows[0]?.present === true;
}

/** What was done when and by whom; in a phase. */
export async function createEvents(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present: eventsPresent,
    create: `
      create table sluice.schema_event (
        id bigint generated always as identity primary key,
        schema_name text not null,
        name text not null,
        event text not null,
        done_by text not null default current_user,
        done_at timestamptz not null default clock_timestamp()
      );
      ${sharedAs('schema_event')}`,
  });
}

const oldWritesPresent = `to_regclass('sluice.schema_old_write') is not null`;

export async function hasOldWrites(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${oldWritesPresent} as present`);
  return rows[0]?.present === true;
}

/** Where triggers mark that the old version writes. Not logged: after a crash whoever still writes marks itself anew. */
export async function createOldWrites(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present: oldWritesPresent,
    create: `
      create unlogged table sluice.schema_old_write (
        schema_name text not null,
        place integer not null,
        table_name text not null,
        pid integer not null,
        application_name text not null,
        marks bigint not null default 1,
        last_at timestamptz not null default clock_timestamp(),
        primary key (schema_name, place, table_name, pid, application_name)
      );
      ${sharedAs('schema_old_write')}`,
  });
}

const closedPresent = `to_regclass('sluice.schema_closed') is not null`;

/** Whether rights were ever taken away here before a contract. */
export async function hasClosed(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${closedPresent} as present`);
  return rows[0]?.present === true;
}

/**
 * The rights that a soft contract has taken away, one row a table or view: enough to give each of them back. In a phase.
 * Tables of before say neither whose lane has closed what, nor by which type of its rows it is known again.
 */
export async function createClosed(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present: closedPresent,
    create: `
      create table sluice.schema_closed (
        schema_name text not null,
        relid oid not null,
        relation text not null,
        columns text[],
        rights jsonb not null,
        kept_out text[] not null,
        closed_by text not null default current_user,
        closed_at timestamptz not null default clock_timestamp(),
        lane text,
        row_type oid,
        primary key (schema_name, relid)
      );
      ${sharedAs('schema_closed')}`,
  });
  await createOnce(connection, {
    present: `exists (select from pg_attribute where attrelid = to_regclass('sluice.schema_closed') and attname = 'row_type')`,
    create: 'alter table sluice.schema_closed add column if not exists lane text, add column row_type oid',
  });
}

const keptPresent = `to_regclass('sluice.schema_kept') is not null`;

/** Whether a contract has ever kept what it would have dropped. */
export async function hasKept(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${keptPresent} as present`);
  return rows[0]?.present === true;
}

/** Where tables go that are kept: out of everybody's search path, and of the way of new names. */
export const keptSchema = 'sluice_kept';

/** Columns and tables that contract has put aside, and until when; in a phase, which has made the schema of our own. */
export async function createKept(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present: keptPresent,
    create: `
      create table sluice.schema_kept (
        id bigint generated always as identity primary key,
        schema_name text not null,
        name text not null,
        what text not null,
        relid oid not null,
        attnum smallint,
        definitions text[] not null,
        kept_at timestamptz not null default clock_timestamp(),
        keep_until timestamptz not null
      );
      ${sharedAs('schema_kept')}`,
  });
  await createOnce(connection, {
    present: `to_regnamespace('${keptSchema}') is not null`,
    create: `create schema ${keptSchema}`,
  });
}

/** `if not exists` asks for the right to create a schema also where it is there, made by somebody who may. */
function schemaOnce(name: string): string {
  return `do $$ begin if to_regnamespace('${name}') is null then create schema ${name}; end if; end $$;`;
}

/**
 * Gives a table that came later to whoever works with those that were there: the role that makes it may be another than the
 * one that needs it on the way back. Its owner is that of the schema where the role may say so.
 */
export function sharedAs(table: string): string {
  return `do $$ declare each record; begin
    for each in select privilege_type as may, case grantee when 0 then 'public' else grantee::regrole::text end as role
      from pg_class cross join lateral aclexplode(coalesce(relacl, acldefault('r', relowner)))
      where pg_class.oid = to_regclass('sluice.schema_fence')
    loop execute format('grant %s on sluice.${table} to %s', each.may, each.role); end loop;
    begin
      execute (select format('alter table sluice.${table} owner to %s', nspowner::regrole) from pg_namespace where nspname = 'sluice');
    exception when insufficient_privilege then null;
    end;
  end $$;`;
}

/** Runs `create` unless `present` holds; when somebody else creates the same at the same time, one of the two does it. */
export async function createOnce(
  connection: Connection,
  { present, create }: { readonly present: string; readonly create: string },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { rows } = await connection.query<{ present: boolean }>(`select ${present} as present`);
    if (rows[0]?.present === true) return;
    try {
      await connection.query(create);
    } catch (error) {
      if (attempt === 5 || !lostRace.includes(sqlstateOf(error) ?? '')) throw error;
    }
  }
}

/** `if not exists` does not look at what is not committed yet; then the unique indexes of the catalogue refuse. */
const lostRace = ['23505', '42701', '42P06', '42P07', '42710', '55P03', '40P01'];
