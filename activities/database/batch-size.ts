import type { Tuning } from '../../domain/tuning.js';
import { batchLimits } from './backfill-header.js';

/** How hard a backfill works. A batch locks its rows for as long as it takes, so it is measured in time, not in rows. */
export interface Pacing {
  /** What a batch should take. */
  readonly targetMs: number;
  /** Pause after a batch, as a multiple of what it took; 0 is none. */
  readonly pauseRatio: number;
  /** What the server should write to its log during a batch at most. */
  readonly mostBytes: number;
  /** Of operations: a batch that takes longer is cut off and tried again at half its size. */
  readonly limitMs: number;
}

export const defaultPacing: Pacing = { targetMs: 10, pauseRatio: 1, mostBytes: 16e6, limitMs: 5_000 };

/** As somebody has said it; the rest stays. */
export function tunedPacing(pacing: Pacing, { pace, batchMs }: Pick<Tuning, 'pace' | 'batchMs'>): Pacing {
  return {
    ...pacing,
    ...(pace === undefined ? {} : { pauseRatio: (1 - pace) / pace }),
    ...(batchMs === undefined ? {} : { targetMs: batchMs }),
  };
}

export interface BatchTaken {
  /** Rows. */
  readonly size: number;
  readonly elapsedMs: number;
}

/**
 * The size that would have taken the target's time, at most twice and at least half of the last one; smaller still where
 * rows are so long that it would write too much. `rowBytes` is what the server writes to its log for a row.
 */
export function nextBatchSize({ size, elapsedMs }: BatchTaken, rowBytes: number, pacing: Pacing): number {
  const wanted = size * (pacing.targetMs / Math.max(elapsedMs, 0.1));
  const smooth = Math.min(size * 2, Math.max(size / 2, wanted));
  const inTime = Math.min(batchLimits.most, Math.max(batchLimits.least, smooth));
  return withinBytes(Math.round(inTime), rowBytes, pacing);
}

/** Never less than one row. */
export function withinBytes(rows: number, rowBytes: number, { mostBytes }: Pacing): number {
  return Math.max(1, Math.min(rows, Math.floor(mostBytes / Math.max(rowBytes, 1))));
}
