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
      create schema if not exists sluice;
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
const lostRace = ['23505', '42P06', '42P07', '42710', '55P03', '40P01'];
