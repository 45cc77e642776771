import {
  type BackfillCursor,
  type BackfillDone,
  createCursors,
  type CursorId,
  type CursorRange,
  findCursors,
  moveCursor,
} from './backfill-cursor.js';
import { createBrakes } from './backfill-brakes.js';
import { type BackfillKey, readLastKey } from './backfill-key.js';
import type { Pacing } from './batch-size.js';
import type { Connection } from './connection.js';
import { createEffort } from './effort.js';
import { inJobs } from './fill-jobs.js';
import { createParts } from './fill-parts.js';
import { withLockRetry } from './lock-retry.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import type { SourcePlace } from './source-place.js';
import type { TuningId } from './tunings.js';

/** An UPDATE that is run range by range along a key. */
export interface RangeFill {
  readonly session: PhaseSession;
  readonly id: CursorId;
  readonly key: BackfillKey;
  /** What the file is tuned by. */
  readonly tuningId: TuningId;
  /** What each session that runs the UPDATE is set to before. */
  readonly settings?: string;
  /** Takes the range as `$1` (exclusive) and `$2` (inclusive). */
  readonly update: string;
  /** Rows of the first batch; later ones follow the time they take. */
  readonly batch: number;
  readonly placeOf: (after: string, upto: string) => SourcePlace;
  /**
   * In the transaction of the last batch, so that "recorded" and "done" are one thing; of a key that does not divide: of
   * several parts none knows that it is the last.
   */
  readonly record?: (cursor: BackfillCursor) => Promise<void>;
}

/** Fills old rows range by range from where the last attempt stopped. */
export async function fillRanges(fill: RangeFill, pacing: Pacing): Promise<BackfillDone> {
  const { id, key, tuningId, settings } = fill;
  const { run, connection } = fill.session;
  const { script: file } = id.script;
  const failed = new AbortController();
  // When one job fails the others are not to wait for anything.
  const session = { ...fill.session, run: { ...run, signal: AbortSignal.any([run.signal, failed.signal]) } };
  const effort = createEffort(session, { id: tuningId, file, pacing, divides: key.divide !== undefined });
  const brakes = createBrakes(session, { table: key.table, file, effort });
  if (settings !== undefined) await connection.query(settings);
  const parts = createParts(await openCursors(fill));
  await inJobs({ fill: { ...fill, session }, effort, brakes, parts, pacing }, failed);
  if (settings !== undefined) await connection.reset();
  return parts.done();
}

/** The ends are fixed here and once: rows inserted later come filled, or a steady inflow would keep it from ending. */
async function openCursors(fill: RangeFill): Promise<readonly BackfillCursor[]> {
  const { session, id, key } = fill;
  const { connection } = session;
  const { script } = id.script;
  return withLockRetry(session, script, () =>
    inFencedTransaction(session, { script }, async () => {
      const found = await findCursors(connection, id);
      if (found.length > 0) return found;
      const ranges = await readRanges(connection, key);
      const cursors = await createCursors(connection, id, ranges);
      const empty = cursors.find(({ last }) => last === undefined);
      return empty === undefined ? cursors : [await finishPart(fill, empty, { after: key.floor, rows: 0, batches: 0 })];
    }),
  );
}

/** All there is now, in the parts that its key divides it into; one without an end when there is nothing. */
export async function readRanges(connection: Connection, key: BackfillKey): Promise<readonly CursorRange[]> {
  const last = await readLastKey(connection, key);
  if (last === undefined) return [{ after: key.floor, last }];
  const ends = [...(key.divide?.(last) ?? []), last];
  return ends.map((end, part) => ({ after: ends[part - 1] ?? key.floor, last: end }));
}

/** In the transaction of its last batch. */
export async function finishPart(
  { session, id, record }: Pick<RangeFill, 'session' | 'id' | 'record'>,
  { part }: BackfillCursor,
  step: Pick<BackfillCursor, 'after' | 'rows' | 'batches'>,
): Promise<BackfillCursor> {
  const cursor = await moveCursor(session.connection, id, { part, ...step, finished: true });
  await record?.(cursor);
  return cursor;
}

export function describeDone({ rows, batches, finished }: BackfillDone, { estimate }: BackfillKey): string {
  const counted = `${rows.toLocaleString('en')} rows in ${batches.toLocaleString('en')} batches`;
  return finished ? `filled ${counted}` : `filled ${counted} of a table of about ${estimate.toLocaleString('en')} rows`;
}

/** What a range is, for messages. A key that is a text may be somebody's address. */
export function describeRange(after: string, upto: string): { readonly note?: string } {
  return /^-?\d+$/.test(upto) ? { note: `keys after ${after} up to ${upto}` } : {};
}
