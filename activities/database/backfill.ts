import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import { type BackfillCursor, createCursor, findCursor, moveCursor } from './backfill-cursor.js';
import { type BackfillFile, readBackfillFile } from './backfill-file.js';
import { type BackfillKey, readBackfillKey, readLastKey, readUpperKey } from './backfill-key.js';
import { nextBatchSize, type Pacing } from './batch-size.js';
import { findApplied, type FlywayHistory, recordEntry } from './flyway-history.js';
import { withLockRetry } from './lock-retry.js';
import type { MigrationScript } from './migration-script.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { placeOf, type SourcePlace } from './source-place.js';
import { cancelledState, sqlstateOf } from './sqlstate.js';
import { splitStatements } from './sql-statements.js';

interface Backfill {
  readonly session: PhaseSession;
  readonly history: FlywayHistory;
  readonly script: MigrationScript;
  readonly file: BackfillFile;
  readonly key: BackfillKey;
}

export interface BackfillOrder {
  readonly session: PhaseSession;
  readonly history: FlywayHistory;
  readonly script: MigrationScript;
  readonly pacing: Pacing;
}

/** Fills old rows range by range from where the last attempt stopped, and records the file when the last one is done. */
export async function runBackfill({
  pacing,
  ...order
}: BackfillOrder): Promise<Pick<BackfillCursor, 'rows' | 'batches'>> {
  const { connection } = order.session;
  if (findApplied(order.history, order.script.version) !== undefined) {
    const done = await findCursor(connection, { schema: order.history.schema, script: order.script });
    return done ?? { rows: 0, batches: 0 };
  }
  const backfill = await prepare(order);
  const { session, script } = backfill;
  let cursor = await openCursor(backfill);
  let size = backfill.file.header.batch;
  while (!cursor.finished) {
    const batch = await runBatch(backfill, cursor, size);
    cursor = batch.cursor;
    session.run.onProgress({
      file: script.script,
      detail: describe(cursor, backfill.key),
      ...progress(cursor, backfill.key),
    });
    if (cursor.finished) break;
    size = nextBatchSize(batch.size, batch.elapsedMs, pacing);
    await sleep(batch.elapsedMs * pacing.pauseRatio, undefined, { signal: session.run.signal });
  }
  return cursor;
}

export function requireBackfillFile(script: MigrationScript): BackfillFile {
  const file = readBackfillFile(script);
  if ('problems' in file) throw new ReleaseError('migration-failed', file.problems.join('\n'));
  return file;
}

async function prepare(order: Omit<BackfillOrder, 'pacing'>): Promise<Backfill> {
  const file = requireBackfillFile(order.script);
  const key = await readBackfillKey(order.session.connection, order.script.script, file.header);
  return { ...order, file, key };
}

/** The end is fixed here and once: rows inserted later come filled, or a steady inflow would keep it from ending. */
async function openCursor(backfill: Backfill): Promise<BackfillCursor> {
  const { session, history, script, key } = backfill;
  const { connection } = session;
  const id = { schema: history.schema, script };
  return withLockRetry(session, script.script, () =>
    inFencedTransaction(session, { script: script.script }, async () => {
      const found = await findCursor(connection, id);
      if (found !== undefined) return found;
      const last = await readLastKey(connection, key);
      const cursor = await createCursor(connection, id, { after: key.floor, last });
      return last === undefined ? finish(backfill, { after: key.floor, rows: 0, batches: 0 }) : cursor;
    }),
  );
}

interface Batch {
  readonly cursor: BackfillCursor;
  readonly size: number;
  /** Of the attempt that came through. */
  readonly elapsedMs: number;
}

/** A batch that takes too long is tried at half its size. */
async function runBatch(backfill: Backfill, cursor: BackfillCursor, size: number): Promise<Batch> {
  try {
    return await withLockRetry(backfill.session, backfill.script.script, async () => {
      const start = performance.now();
      const moved = await changeRange(backfill, cursor, size);
      return { cursor: moved, size, elapsedMs: performance.now() - start };
    });
  } catch (error) {
    if (sqlstateOf(error) !== cancelledState || size === 1) throw error;
    return runBatch(backfill, cursor, Math.ceil(size / 2));
  }
}

function changeRange(backfill: Backfill, { after, last }: BackfillCursor, size: number): Promise<BackfillCursor> {
  const { session, history, script, file, key } = backfill;
  const { connection } = session;
  if (last === undefined) throw new Error('a backfill without an end has nothing to change');
  return inFencedTransaction(session, { script: script.script }, async () => {
    const found = await readUpperKey(connection, key, { after, last, size });
    const upto = found ?? last;
    const { rowCount } = await connection.query(file.update.update, [after, upto], placeOfBatch(script, after, upto));
    const step = { after: upto, rows: rowCount ?? 0, batches: 1 };
    if (found === undefined) return finish(backfill, step);
    return moveCursor(connection, { schema: history.schema, script }, { ...step, finished: false });
  });
}

/** In the transaction of the last batch, so that "recorded" and "done" are one thing. */
async function finish(
  { session, history, script }: Backfill,
  step: { readonly after: string; readonly rows: number; readonly batches: number },
): Promise<BackfillCursor> {
  const { connection } = session;
  const cursor = await moveCursor(connection, { schema: history.schema, script }, { ...step, finished: true });
  const { version, description, checksum } = script;
  await recordEntry(connection, history, {
    type: 'SQL',
    version,
    description,
    script: script.script,
    checksum,
    milliseconds: cursor.milliseconds,
  });
  return cursor;
}

function placeOfBatch(script: MigrationScript, after: string, upto: string): SourcePlace {
  const [statement] = splitStatements(script.sql);
  const place = placeOf(script.script, script.sql, statement ?? { at: 0 });
  // A key that is a text may be somebody's address.
  return isNumber(upto) ? { ...place, note: `keys after ${after} up to ${upto}` } : place;
}

function isNumber(key: string): boolean {
  return /^-?\d+$/.test(key);
}

function progress(cursor: BackfillCursor, key: BackfillKey) {
  return { rows: { done: cursor.rows, estimate: Math.max(key.estimate, cursor.rows) } };
}

function describe({ rows, batches, finished }: BackfillCursor, { estimate }: BackfillKey): string {
  const counted = `${rows.toLocaleString('en')} rows in ${batches.toLocaleString('en')} batches`;
  return finished ? `filled ${counted}` : `filled ${counted} of a table of about ${estimate.toLocaleString('en')} rows`;
}
