import { ReleaseError } from '../../domain/failure.js';
import type { Connection } from './connection.js';
import type { MigrationScript } from './migration-script.js';

/** How far a backfill has come, over all of its parts. */
export interface BackfillDone {
  /** Rows the UPDATE has changed, over all attempts. */
  readonly rows: number;
  readonly batches: number;
  readonly finished: boolean;
  readonly milliseconds: number;
}

/** How far one part of it has come: a row of sluice.schema_backfill. */
export interface BackfillCursor extends BackfillDone {
  /** From 0 on, in the order of the keys. */
  readonly part: number;
  /** Every row of the part with a key up to here is done. */
  readonly after: string;
  /** Where it ends: of the last part the greatest key when it began; `undefined` when the table was empty then. */
  readonly last: string | undefined;
}

/** One schema's history is one sequence of versions, so the two name a backfill. */
export interface CursorId {
  readonly schema: string;
  readonly script: Pick<MigrationScript, 'script' | 'version' | 'checksum'>;
}

/** What a part goes through. */
export type CursorRange = Pick<BackfillCursor, 'after' | 'last'>;

/** `undefined` when it was not begun. Throws `migration-changed` when the cursors belong to another content of the file. */
export async function findDone(connection: Connection, id: CursorId): Promise<BackfillDone | undefined> {
  const cursors = await findCursors(connection, id);
  return cursors.length === 0 ? undefined : allOf(cursors);
}

/** All parts are begun at once. */
export function allOf(cursors: readonly BackfillCursor[]): BackfillDone {
  return {
    rows: cursors.reduce((sum, { rows }) => sum + rows, 0),
    batches: cursors.reduce((sum, { batches }) => sum + batches, 0),
    finished: cursors.every(({ finished }) => finished),
    milliseconds: Math.max(0, ...cursors.map(({ milliseconds }) => milliseconds)),
  };
}

/** Of all parts; none when it was not begun. Throws `migration-changed` like `findDone`. */
export async function findCursors(
  connection: Connection,
  { schema, script }: CursorId,
): Promise<readonly BackfillCursor[]> {
  const { rows } = await connection.query<CursorRow>(
    `select ${columns} from sluice.schema_backfill where schema_name = $1 and version = $2 order by ${part}`,
    [schema, script.version],
  );
  const other = rows.find(({ checksum }) => checksum !== script.checksum);
  if (other !== undefined) {
    throw new ReleaseError(
      'migration-changed',
      `${script.script}: expected the content it was begun with, checksum ${other.checksum}, found checksum ${script.checksum}`,
    );
  }
  return rows.map(toCursor);
}

/** One part a range. */
export async function createCursors(
  connection: Connection,
  { schema, script }: CursorId,
  ranges: readonly CursorRange[],
): Promise<readonly BackfillCursor[]> {
  const { rows } = await connection.query<CursorRow>(
    `insert into sluice.schema_backfill (schema_name, version, script, checksum, part, after_key, last_key)
     select $1, $2, $3, $4, n - 1, after_key, last_key
     from unnest($5::text[], $6::text[]) with ordinality as range (after_key, last_key, n) order by n
     returning ${columns}`,
    [
      ...[schema, script.version, script.script, script.checksum],
      ranges.map(({ after }) => after),
      ranges.map(({ last }) => last ?? null),
    ],
  );
  return rows.map(toCursor);
}

export async function moveCursor(
  connection: Connection,
  { schema, script }: CursorId,
  step: Pick<BackfillCursor, 'part' | 'after' | 'rows' | 'batches' | 'finished'>,
): Promise<BackfillCursor> {
  const { rows } = await connection.query<CursorRow>(
    `update sluice.schema_backfill set after_key = $4, rows = rows + $5, batches = batches + $6,
       finished_at = case when $7 then clock_timestamp() end
     where schema_name = $1 and version = $2 and part = $3 returning ${columns}`,
    [schema, script.version, step.part, step.after, step.rows, step.batches, step.finished],
  );
  return only(rows);
}

/** Begins at the start of the table once more, in as many parts as it has now; what was counted stays counted. */
export async function reopenCursors(
  connection: Connection,
  id: CursorId,
  ranges: readonly CursorRange[],
): Promise<void> {
  const cursors = await findCursors(connection, id);
  const { rows, batches } = allOf(cursors);
  const begun = await deleteCursors(connection, id);
  await createCursors(connection, id, ranges);
  await connection.query(
    `update sluice.schema_backfill set started_at = coalesce($3, started_at),
       rows = case part when 0 then $4::bigint else 0 end, batches = case part when 0 then $5::bigint else 0 end
     where schema_name = $1 and version = $2`,
    [id.schema, id.script.version, begun ?? null, rows, batches],
  );
}

/** Gives back when it was begun, as the server writes it; `undefined` when it was not. */
export async function deleteCursors(connection: Connection, { schema, script }: CursorId): Promise<string | undefined> {
  const { rows } = await connection.query<{ begun: string }>(
    'delete from sluice.schema_backfill where schema_name = $1 and version = $2 returning started_at::text as begun',
    [schema, script.version],
  );
  return rows[0]?.begun;
}

/** A table of before a backfill was divided has no such column, and is read before a phase gives it one. */
const part = `coalesce((to_jsonb(schema_backfill) ->> 'part')::int, 0)`;

const columns = `checksum, ${part} as part, after_key, last_key, rows::float8, batches::float8, finished_at is not null as finished,
  extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at)::float8 * 1000 as milliseconds`;

interface CursorRow {
  readonly checksum: number;
  readonly part: number;
  readonly after_key: string;
  readonly last_key: string | null;
  readonly rows: number;
  readonly batches: number;
  readonly finished: boolean;
  readonly milliseconds: number;
}

function toCursor(row: CursorRow): BackfillCursor {
  const { part, rows, batches, finished, milliseconds } = row;
  return { part, after: row.after_key, last: row.last_key ?? undefined, rows, batches, finished, milliseconds };
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
