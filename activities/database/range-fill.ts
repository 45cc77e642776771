import { setTimeout as sleep } from 'node:timers/promises';
import { type BackfillCursor, createCursor, type CursorId, findCursor, moveCursor } from './backfill-cursor.js';
import { type Brakes, createBrakes, lookEveryMs } from './backfill-brakes.js';
import { createEffort, type Effort } from './effort.js';
import { type BackfillKey, readLastKey, readUpperKey } from './backfill-key.js';
import { type BatchTaken, nextBatchSize, type Pacing, withinBytes } from './batch-size.js';
import { withLockRetry } from './lock-retry.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { readTableBytes } from './pressure.js';
import type { SourcePlace } from './source-place.js';
import { cancelledState, noRoomStates, sqlstateOf } from './sqlstate.js';
import type { TuningId } from './tunings.js';

/** An UPDATE that is run range by range along a key. */
export interface RangeFill {
  readonly session: PhaseSession;
  readonly id: CursorId;
  readonly key: BackfillKey;
  /** What the file is tuned by. */
  readonly tuningId: TuningId;
  /** Takes the range as `$1` (exclusive) and `$2` (inclusive). */
  readonly update: string;
  /** Rows of the first batch; later ones follow the time they take. */
  readonly batch: number;
  readonly placeOf: (after: string, upto: string) => SourcePlace;
  /** In the transaction of the last batch, so that "recorded" and "done" are one thing. */
  readonly record: (cursor: BackfillCursor) => Promise<void>;
}

/** Fills old rows range by range from where the last attempt stopped. */
export async function fillRanges(fill: RangeFill, pacing: Pacing): Promise<BackfillCursor> {
  const { session, id, key, tuningId } = fill;
  const { script: file } = id.script;
  const effort = createEffort(session, { id: tuningId, file, pacing });
  const brakes = createBrakes(session, { table: key.table, file, effort });
  let cursor = await openCursor(fill);
  // Until something is measured all of a row counts, as the table has it on disk.
  let rowBytes = (await readTableBytes(session.connection, key.table)) / Math.max(1, key.estimate);
  let size = withinBytes(fill.batch, rowBytes, pacing);
  let isFine = false;
  while (!cursor.finished) {
    await brakes.released();
    const batch = await runBatch({ fill, brakes, cursor, isFine }, size);
    cursor = batch.cursor;
    session.run.onProgress({ file, detail: describe(cursor, key), ...progress(cursor, key), ...effort.tuned() });
    if (cursor.finished) break;
    if (batch.bytes !== undefined) rowBytes = batch.bytes / batch.size;
    size = nextBatchSize(batch, rowBytes, effort.pacing());
    isFine = batch.isFine;
    // To be cut off costs more than a few batches that are too small.
    if (isFine) size = Math.min(size, batch.elapsedMs * 4 < pacing.limitMs ? batch.size * 2 : batch.size);
    await pause(batch.elapsedMs, effort, session.run.signal);
  }
  return cursor;
}

/** Looks on its way: a long pause ends when somebody says so. */
async function pause(elapsedMs: number, effort: Effort, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const leftMs = elapsedMs * effort.pacing().pauseRatio - (performance.now() - begun);
    if (leftMs < 1) return;
    await sleep(Math.min(leftMs, lookEveryMs), undefined, { signal });
    if (leftMs > lookEveryMs) await effort.look();
  }
}

/** The end is fixed here and once: rows inserted later come filled, or a steady inflow would keep it from ending. */
async function openCursor(fill: RangeFill): Promise<BackfillCursor> {
  const { session, id, key } = fill;
  const { connection } = session;
  const { script } = id.script;
  return withLockRetry(session, script, () =>
    inFencedTransaction(session, { script }, async () => {
      const found = await findCursor(connection, id);
      if (found !== undefined) return found;
      const last = await readLastKey(connection, key);
      const cursor = await createCursor(connection, id, { after: key.floor, last });
      return last === undefined ? finish(fill, { after: key.floor, rows: 0, batches: 0 }) : cursor;
    }),
  );
}

interface Batch {
  readonly fill: RangeFill;
  readonly brakes: Brakes;
  readonly cursor: BackfillCursor;
  /** One was cut off that could not get smaller otherwise. */
  readonly isFine: boolean;
}

/** Of the attempt that came through. */
interface BatchDone extends BatchTaken {
  /** What the server wrote to its log meanwhile, for whomever; of some batches. */
  readonly bytes: number | undefined;
  readonly cursor: BackfillCursor;
  readonly isFine: boolean;
}

/** A batch that takes too long is tried at half its size; one that finds no room is tried again when there may be some. */
async function runBatch(batch: Batch, size: number): Promise<BatchDone> {
  const { fill, brakes } = batch;
  const { finer } = fill.key;
  const isFine = batch.isFine && finer !== undefined && size <= Math.max(1, finer.rows);
  try {
    return await withLockRetry(fill.session, fill.id.script.script, async () => {
      const { done, bytes } = await brakes.weighed(async () => {
        const start = performance.now();
        const moved = await changeRange({ ...batch, isFine }, size);
        return { cursor: moved, size, elapsedMs: performance.now() - start };
      });
      return { ...done, bytes, isFine };
    });
  } catch (error) {
    if (noRoomStates.includes(sqlstateOf(error) ?? '')) {
      await brakes.noRoom((error as Error).message);
      return runBatch(batch, size);
    }
    const isLeast = size === 1 && (isFine || finer === undefined);
    if (sqlstateOf(error) !== cancelledState || isLeast) throw error;
    return runBatch({ ...batch, isFine: true }, Math.ceil(size / 2));
  }
}

function changeRange({ fill, cursor, isFine }: Omit<Batch, 'brakes'>, size: number): Promise<BackfillCursor> {
  const { session, id, key } = fill;
  const { after, last } = cursor;
  const { connection } = session;
  if (last === undefined) throw new Error('a backfill without an end has nothing to change');
  return inFencedTransaction(session, { script: id.script.script }, async () => {
    const found = await readUpperKey(connection, isFine ? (key.finer ?? key) : key, { after, last, size });
    const upto = found ?? last;
    const { rowCount } = await connection.query(fill.update, [after, upto], fill.placeOf(after, upto));
    const step = { after: upto, rows: rowCount ?? 0, batches: 1 };
    if (found === undefined) return finish(fill, step);
    return moveCursor(connection, id, { ...step, finished: false });
  });
}

async function finish(
  { session, id, record }: RangeFill,
  step: { readonly after: string; readonly rows: number; readonly batches: number },
): Promise<BackfillCursor> {
  const cursor = await moveCursor(session.connection, id, { ...step, finished: true });
  await record(cursor);
  return cursor;
}

function progress(cursor: BackfillCursor, key: BackfillKey) {
  return { rows: { done: cursor.rows, estimate: Math.max(key.estimate, cursor.rows) } };
}

function describe({ rows, batches, finished }: BackfillCursor, { estimate }: BackfillKey): string {
  const counted = `${rows.toLocaleString('en')} rows in ${batches.toLocaleString('en')} batches`;
  return finished ? `filled ${counted}` : `filled ${counted} of a table of about ${estimate.toLocaleString('en')} rows`;
}

/** What a range is, for messages. A key that is a text may be somebody's address. */
export function describeRange(after: string, upto: string): { readonly note?: string } {
  return /^-?\d+$/.test(upto) ? { note: `keys after ${after} up to ${upto}` } : {};
}
