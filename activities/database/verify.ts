import { requireBackfillFile } from './backfill.js';
import { type BackfillKey, readBackfillKey, readLastKey, readUpperKey } from './backfill-key.js';
import type { Connection } from './connection.js';
import type { MigrationScript } from './migration-script.js';
import type { VerifyRun } from './schema-engine.js';
import type { SourcePlace } from './source-place.js';

/**
 * Rows the file's UPDATE would change if it ran again now, over the whole table and not just up to where the backfill
 * ended: its own WHERE, counted. Or what the head comment's `verify` counts.
 */
export async function countUnfilled(connection: Connection, script: MigrationScript, run: VerifyRun): Promise<number> {
  const { header, update } = requireBackfillFile(script);
  const place = { script: script.script, note: 'verify' };
  if (header.verify !== undefined) {
    const { rows } = await connection.query<Record<string, unknown>>(header.verify, undefined, place);
    return Number(Object.values(rows[0] ?? {})[0] ?? 0);
  }
  if (update.countLeft === undefined) throw new Error('a backfill file was accepted without a way to verify it');

  const key = await readBackfillKey(connection, script.script, header);
  return countRanges(connection, { key, count: update.countLeft, place }, run);
}

export interface RangeCount {
  readonly key: BackfillKey;
  /** Gives `left`; takes the range as `$1` (exclusive) and `$2` (inclusive). */
  readonly count: string;
  readonly place: SourcePlace;
}

/** The whole table, in ranges, because one long statement would hold back vacuum for all that time. */
export async function countRanges(
  connection: Connection,
  { key, count, place }: RangeCount,
  run: VerifyRun,
): Promise<number> {
  const last = await readLastKey(connection, key);
  let after = key.floor;
  let unfilled = 0;
  for (let upto: string | undefined; last !== undefined && upto !== last; after = upto) {
    run.signal?.throwIfAborted();
    upto = (await readUpperKey(connection, key, { after, last, size: rangeSize })) ?? last;
    const { rows } = await connection.query<{ left: string }>(count, [after, upto], place);
    unfilled += Number(rows[0]?.left ?? 0);
    run.onProgress?.({ file: place.script, detail: `counts what is left: ${unfilled} so far` });
  }
  return unfilled;
}

const rangeSize = 50_000;
