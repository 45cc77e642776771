import pg from 'pg';
import { ReleaseError } from '../../domain/failure.js';
import { compareMigrationVersions } from '../../domain/migration.js';
import type { HistoryRow } from '../../domain/schema-change.js';
import type { Connection } from './connection.js';
import { createOnce } from './own-tables.js';

/** What Flyway's table says, as Flyway reads it. */
export interface FlywayHistory {
  /** The session's current schema, where the table is. */
  readonly schema: string;
  readonly applied: readonly AppliedMigration[];
  /** Everything up to here was there before Flyway. */
  readonly baseline: string | undefined;
  /** Versions Flyway began outside a transaction and could not end. */
  readonly failed: readonly string[];
}

export interface AppliedMigration {
  readonly version: string;
  readonly script: string;
  /** `null` for what is no script. */
  readonly checksum: number | null;
  /** Its place in the order in which things were done. */
  readonly rank: number;
}

/**
 * A row to be written. Taken back is Flyway's type DELETE, which to every edition means "no longer applied"; UNDO_SQL,
 * which only the paid editions write, makes Flyway 11's free edition fail on the whole table.
 */
export interface HistoryEntry {
  readonly type: 'SQL' | 'DELETE';
  readonly version: string;
  readonly description: string;
  readonly script: string;
  readonly checksum: number;
  readonly milliseconds: number;
}

/** An absent table reads as empty. Throws `migration-failed` when the session has no current schema. */
export async function readHistory(connection: Connection): Promise<FlywayHistory> {
  const schema = await readSchemaName(connection);
  const empty: FlywayHistory = { schema, applied: [], baseline: undefined, failed: [] };
  if (!(await hasHistory(connection, schema))) return empty;
  const { rows } = await connection.query<StoredRow>(
    `select installed_rank, version, type, script, checksum, success from ${tableIn(schema)} where version is not null order by installed_rank`,
  );
  return rows.reduce(follow, empty);
}

export function findApplied(history: FlywayHistory, version: string): AppliedMigration | undefined {
  return history.applied.find((applied) => compareMigrationVersions(applied.version, version) === 0);
}

/** Whether Flyway began it outside a transaction and could not end it: of that nobody knows how much has run. */
export function isUnended({ failed }: FlywayHistory, version: string): boolean {
  return failed.some((other) => compareMigrationVersions(other, version) === 0);
}

/** The whole table, oldest first; none where there is no table. */
export async function readHistoryRows(connection: Connection): Promise<readonly HistoryRow[]> {
  const schema = await readSchemaName(connection);
  if (!(await hasHistory(connection, schema))) return [];
  const { rows } = await connection.query<HistoryRow>(
    `select installed_rank as rank, version, description, type, script, checksum, installed_by as "installedBy",
       extract(epoch from installed_on::timestamptz)::float8 * 1000 as "installedOn", execution_time as milliseconds, success
     from ${tableIn(schema)} order by installed_rank`,
  );
  return rows;
}

/** Column by column what Flyway 11 creates, so that Flyway goes on with it. */
export async function createHistory(connection: Connection): Promise<void> {
  const table = tableIn(await readSchemaName(connection));
  await createOnce(connection, {
    present: `to_regclass(${pg.escapeLiteral(table)}) is not null`,
    create: `
      create table ${table} (
        installed_rank integer not null constraint flyway_schema_history_pk primary key,
        version varchar(50),
        description varchar(200) not null,
        type varchar(20) not null,
        script varchar(1000) not null,
        checksum integer,
        installed_by varchar(100) not null,
        installed_on timestamp not null default now(),
        execution_time integer not null,
        success boolean not null
      );
      create index flyway_schema_history_s_idx on ${table} (success);`,
  });
}

export async function recordEntry(connection: Connection, history: FlywayHistory, entry: HistoryEntry): Promise<void> {
  const table = tableIn(history.schema);
  await connection.query(
    `insert into ${table}
       (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
     select coalesce(max(installed_rank), 0) + 1, $1, $2, $3, $4, $5, current_user, $6, true from ${table}`,
    [
      entry.version,
      entry.description,
      entry.type,
      entry.script,
      entry.checksum,
      Math.min(Math.round(entry.milliseconds), 2 ** 31 - 1),
    ],
  );
}

/** Scripts that Flyway began and could not end. */
export async function readFailed(connection: Connection, schema: string): Promise<readonly string[]> {
  if (!(await hasHistory(connection, schema))) return [];
  const { rows } = await connection.query<{ script: string }>(
    `select script from ${tableIn(schema)} where not success order by installed_rank`,
  );
  return rows.map(({ script }) => script);
}

export async function deleteFailed(connection: Connection, schema: string): Promise<void> {
  await connection.query(`delete from ${tableIn(schema)} where not success`);
}

/** As Flyway's repair does. */
export async function realignEntry(
  connection: Connection,
  schema: string,
  entry: { readonly rank: number; readonly checksum: number; readonly description: string },
): Promise<void> {
  await connection.query(`update ${tableIn(schema)} set checksum = $2, description = $3 where installed_rank = $1`, [
    entry.rank,
    entry.checksum,
    entry.description,
  ]);
}

/** As Flyway's baseline does: what is up to the version was there before. */
export async function recordBaseline(connection: Connection, schema: string, version: string): Promise<void> {
  await connection.query(
    `insert into ${tableIn(schema)}
       (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
     values (1, $1, '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', null, current_user, 0, true)`,
    [version],
  );
}

async function hasHistory(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>('select to_regclass($1) is not null as present', [
    tableIn(schema),
  ]);
  return rows[0]?.present === true;
}

interface StoredRow {
  readonly installed_rank: number;
  readonly version: string;
  readonly type: string;
  readonly script: string;
  readonly checksum: number | null;
  readonly success: boolean;
}

function follow(history: FlywayHistory, row: StoredRow): FlywayHistory {
  const { installed_rank: rank, version, type, script, checksum, success } = row;
  if (!success) return { ...history, failed: [...history.failed, version] };
  if (type === 'BASELINE') return { ...history, baseline: version };
  const others = history.applied.filter((applied) => compareMigrationVersions(applied.version, version) !== 0);
  const takenBack = type === 'DELETE' || type.startsWith('UNDO');
  return { ...history, applied: takenBack ? others : [...others, { version, script, checksum, rank }] };
}

function tableIn(schema: string): string {
  return `${pg.escapeIdentifier(schema)}.flyway_schema_history`;
}

/** The session's current schema. Throws `migration-failed` when it has none. */
export async function readSchemaName(connection: Connection): Promise<string> {
  const { rows } = await connection.query<{ schema: string | null }>('select current_schema() as schema');
  const schema = rows[0]?.schema ?? null;
  if (schema !== null) return schema;
  throw new ReleaseError(
    'migration-failed',
    'expected the search_path of the database role to name a schema that exists, found none; create it or set the search_path',
  );
}
