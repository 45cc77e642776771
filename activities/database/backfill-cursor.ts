import { ReleaseError } from '../../domain/failure.js';
import type { Connection } from './connection.js';
import type { MigrationScript } from './migration-script.js';

/** How far a backfill has come: a row of sluice.schema_backfill. */
export interface BackfillCursor {
  /** Every row with a key up to here is done. */
  readonly after: string;
  /** Where it ends: the greatest key when it began; `undefined` when the table was empty then. */
  readonly last: string | undefined;
  /** Rows the UPDATE has changed, over all attempts. */
  readonly rows: number;
  readonly batches: number;
  readonly finished: boolean;
  readonly milliseconds: number;
}

/** One schema's history is one sequence of versions, so the two name a backfill. */
export interface CursorId {
  readonly schema: string;
  readonly script: Pick<MigrationScript, 'script' | 'version' | 'checksum'>;
}

/** Throws `migration-changed` when the cursor belongs to another content of the file. */
export async function findCursor(
  connection: Connection,
  { schema, script }: CursorId,
): Promise<BackfillCursor | undefined> {
  const { rows } = await connection.query<CursorRow>(
    `select ${columns} from sluice.schema_backfill where schema_name = $1 and version = $2`,
    [schema, script.version],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.checksum !== script.checksum) {
    throw new ReleaseError(
      'migration-changed',
      `${script.script}: expected the content it was begun with, checksum ${row.checksum}, found checksum ${script.checksum}`,
    );
  }
  return toCursor(row);
}

export async function createCursor(
  connection: Connection,
  { schema, script }: CursorId,
  range: Pick<BackfillCursor, 'after' | 'last'>,
): Promise<BackfillCursor> {
  const { rows } = await connection.query<CursorRow>(
    `insert into sluice.schema_backfill (schema_name, version, script, checksum, after_key, last_key)
     values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
    [schema, script.version, script.script, script.checksum, range.after, range.last ?? null],
  );
  return only(rows);
}

export async function moveCursor(
  connection: Connection,
  { schema, script }: CursorId,
  step: { readonly after: string; readonly rows: number; readonly batches: number; readonly finished: boolean },
): Promise<BackfillCursor> {
  const { rows } = await connection.query<CursorRow>(
    `update sluice.schema_backfill set after_key = $3, rows = rows + $4, batches = batches + $5,
       finished_at = case when $6 then clock_timestamp() end
     where schema_name = $1 and version = $2 returning ${columns}`,
    [schema, script.version, step.after, step.rows, step.batches, step.finished],
  );
  return only(rows);
}

/** Begins at the start of the table once more; what was counted stays counted. */
export async function reopenCursor(
  connection: Connection,
  { schema, script }: CursorId,
  range: Pick<BackfillCursor, 'after' | 'last'>,
): Promise<void> {
  await connection.query(
    `update sluice.schema_backfill set after_key = $3, last_key = $4, finished_at = null
     where schema_name = $1 and version = $2`,
    [schema, script.version, range.after, range.last ?? null],
  );
}

export async function deleteCursor(connection: Connection, { schema, script }: CursorId): Promise<void> {
  await connection.query('delete from sluice.schema_backfill where schema_name = $1 and version = $2', [
    schema,
    script.version,
  ]);
}

const columns = `checksum, after_key, last_key, rows::float8, batches::float8, finished_at is not null as finished,
  extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at)::float8 * 1000 as milliseconds`;

interface CursorRow {
  readonly checksum: number;
  readonly after_key: string;
  readonly last_key: string | null;
  readonly rows: number;
  readonly batches: number;
  readonly finished: boolean;
  readonly milliseconds: number;
}

function toCursor(row: CursorRow): BackfillCursor {
  const { rows, batches, finished, milliseconds } = row;
  return { after: row.after_key, last: row.last_key ?? undefined, rows, batches, finished, milliseconds };
}

function only(rows: readonly CursorRow[]): BackfillCursor {
  const [row] = rows;
  if (row === undefined) {
    throw new ReleaseError(
      'migration-failed',
      'expected a row of this backfill in sluice.schema_backfill, found none; somebody deleted it',
    );
  }
  return toCursor(row);
}
