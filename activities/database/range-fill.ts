import {
  type BackfillCursor,
  type BackfillDone,
  createCursors,
  type CursorId,
  type CursorRange,
  findCursors,
} from './backfill-cursor.js';
import { createBrakes } from './backfill-brakes.js';
import { type BackfillKey, readLastKey } from './backfill-key.js';
import type { Pacing } from './batch-size.js';
import type { Connection } from './connection.js';
import { createEffort } from './effort.js';
import { finishPart } from './fill-job.js';
import { inJobs } from './fill-jobs.js';
import { createParts } from './fill-parts.js';
import { withLockRetry } from './lock-retry.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { readTableBytes } from './pressure.js';
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
  // When one job fails the others begin no batch, and neither pause nor wait.
  const session = { ...fill.session, run: { ...run, signal: AbortSignal.any([run.signal, failed.signal]) } };
  if (settings !== undefined) await connection.query(settings);
  const cursors = await openCursors(fill);
  const effort = createEffort(session, { id: tuningId, file, pacing, isUndivided: isUndivided(cursors, key) });
  // Whoever has said it to an earlier attempt means this one, too.
  await effort.look();
  const brakes = createBrakes(session, { table: key.table, file, effort });
  const parts = createParts(cursors);
  const bytes = await withLockRetry(session, file, () => readTableBytes(connection, key.table));
  const rowBytes = bytes / Math.max(1, key.estimate);
  await inJobs({ fill: { ...fill, session }, effort, brakes, parts, rowBytes, pacing }, failed);
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
      const cursors = found.length > 0 ? found : await createCursors(connection, id, await readRanges(connection, key));
      const empty = cursors.find(({ last, finished }) => last === undefined && !finished);
      return empty === undefined ? cursors : [await finishPart(fill, empty, { after: key.floor, rows: 0, batches: 0 })];
    }),
  );
}

/** Where there would be several parts if it were begun now, or its key does not divide at all. */
function isUndivided(cursors: readonly BackfillCursor[], { divide }: BackfillKey): boolean {
  const [first, second] = cursors;
  if (second !== undefined || first?.last === undefined) return false;
  return divide === undefined || divide(first.last).length > 0;
}

/** All there is now, in the parts that its key divides it into; one without an end when there is nothing. */
export async function readRanges(connection: Connection, key: BackfillKey): Promise<readonly CursorRange[]> {
  const last = await readLastKey(connection, key);
  if (last === undefined) return [{ after: key.floor, last }];
  const ends = [...(key.divide?.(last) ?? []), last];
  return ends.map((end, part) => ({ after: ends[part - 1] ?? key.floor, last: end }));
}

/** What a range is, for messages. A key that is a text may be somebody's address. */
export function describeRange(after: string, upto: string): { readonly note?: string } {
  return /^-?\d+$/.test(upto) ? { note: `keys after ${after} up to ${upto}` } : {};
}
