import { setTimeout as sleep } from 'node:timers/promises';
import { type BackfillCursor, type BackfillDone, moveCursor } from './backfill-cursor.js';
import { type Brakes, lookEveryMs } from './backfill-brakes.js';
import { type BackfillKey, readUpperKey } from './backfill-key.js';
import { type BatchTaken, nextBatchSize, type Pacing, withinBytes } from './batch-size.js';
import type { Effort } from './effort.js';
import type { FillParts } from './fill-parts.js';
import { withLockRetry } from './lock-retry.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import type { RangeFill } from './range-fill.js';
import { cancelledState, noRoomStates, sqlstateOf } from './sqlstate.js';

/** What the jobs of one table share. */
export interface FillWork {
  readonly fill: RangeFill;
  readonly effort: Effort;
  readonly brakes: Brakes;
  readonly parts: FillParts;
  /** Until something is measured: all of a row, as the table has it on disk. */
  readonly rowBytes: number;
  /** As it was begun. */
  readonly pacing: Pacing;
}

export interface FillJob {
  readonly session: PhaseSession;
  /** Asked before each batch, and while it pauses or a brake holds it. */
  isWanted(): boolean;
}

/** Part after part from the `first` on, batch after batch. What it leaves is somebody else's. */
export async function runJob(work: FillWork, job: FillJob, first: BackfillCursor): Promise<void> {
  const { fill, effort, brakes, parts, pacing } = work;
  const { run } = job.session;
  const { key } = fill;
  const { script: file } = fill.id.script;
  let { rowBytes } = work;
  let size = withinBytes(fill.batch, rowBytes, pacing);
  let isFine = false;
  for (let cursor: BackfillCursor | undefined = first; cursor !== undefined;) {
    while (job.isWanted() && (await brakes.hold())) await sleep(heldMs, undefined, { signal: run.signal });
    if (!job.isWanted()) return parts.giveBack(cursor);
    const batch = await runBatch({ fill, job, brakes, cursor, isFine }, size);
    if (batch === undefined) continue;
    parts.moved(batch.cursor);
    const done = parts.done();
    const rows = { done: done.rows, estimate: Math.max(key.estimate, done.rows) };
    run.onProgress({ file, detail: describeDone(done, key), rows, ...effort.tuned() });
    if (batch.cursor.finished) {
      // It was of fewer rows than were asked for, and says nothing of the next size.
      cursor = parts.take();
    } else {
      cursor = batch.cursor;
      if (batch.bytes !== undefined) rowBytes = batch.bytes / batch.size;
      size = nextBatchSize(batch, rowBytes, effort.pacing());
      isFine = batch.isFine;
      // To be cut off costs more than a few batches that are too small.
      if (isFine) size = Math.min(size, batch.elapsedMs * 4 < pacing.limitMs ? batch.size * 2 : batch.size);
    }
    if (cursor !== undefined) await pause(batch.elapsedMs, effort, job);
  }
}

const heldMs = 500;

/** Looks on its way: a long pause ends when somebody says so. */
async function pause(elapsedMs: number, effort: Effort, { session, isWanted }: FillJob): Promise<void> {
  const { signal } = session.run;
  const begun = performance.now();
  while (isWanted()) {
    const leftMs = elapsedMs * effort.pacing().pauseRatio - (performance.now() - begun);
    if (leftMs < 1) return;
    await sleep(Math.min(leftMs, lookEveryMs), undefined, { signal });
    if (leftMs > lookEveryMs) await effort.look();
  }
}

interface Batch {
  readonly fill: RangeFill;
  readonly job: FillJob;
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

/** A batch that takes too long is tried at half its size; `undefined` of one that found no room, when there may be some. */
async function runBatch(batch: Batch, size: number): Promise<BatchDone | undefined> {
  const { fill, job, brakes } = batch;
  const { finer } = fill.key;
  const isFine = batch.isFine && finer !== undefined && size <= Math.max(1, finer.rows);
  try {
    return await withLockRetry(job.session, fill.id.script.script, async () => {
      const { done, bytes } = await brakes.weighed(async () => {
        const start = performance.now();
        const moved = await changeRange({ ...batch, isFine }, size);
        return { cursor: moved, size, elapsedMs: performance.now() - start };
      });
      return { ...done, bytes, isFine };
    });
  } catch (error) {
    job.session.run.signal.throwIfAborted();
    if (noRoomStates.includes(sqlstateOf(error) ?? '')) {
      await brakes.noRoom((error as Error).message);
      return undefined;
    }
    const isLeast = size === 1 && (isFine || finer === undefined);
    if (sqlstateOf(error) !== cancelledState || isLeast) throw error;
    return runBatch({ ...batch, isFine: true }, Math.ceil(size / 2));
  }
}

function changeRange({ fill, job, cursor, isFine }: Omit<Batch, 'brakes'>, size: number): Promise<BackfillCursor> {
  const { id, key } = fill;
  const { session } = job;
  const { connection } = session;
  const { part, after, last } = cursor;
  if (last === undefined) throw new Error('a backfill without an end has nothing to change');
  return inFencedTransaction(session, { script: id.script.script }, async () => {
    const found = await readUpperKey(connection, isFine ? (key.finer ?? key) : key, { after, last, size });
    const upto = found ?? last;
    const { rowCount } = await connection.query(fill.update, [after, upto], fill.placeOf(after, upto));
    const step = { after: upto, rows: rowCount ?? 0, batches: 1 };
    if (found === undefined) return finishPart({ ...fill, session }, cursor, step);
    return moveCursor(connection, id, { part, ...step, finished: false });
  });
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

function describeDone({ rows, batches, finished }: BackfillDone, { estimate }: BackfillKey): string {
  const counted = `${rows.toLocaleString('en')} rows in ${batches.toLocaleString('en')} batches`;
  return finished ? `filled ${counted}` : `filled ${counted} of a table of about ${estimate.toLocaleString('en')} rows`;
}
