import { batchLimits } from './backfill-header.js';

/** How hard a backfill works. A batch locks its rows for as long as it takes, so it is measured in time, not in rows. */
export interface Pacing {
  /** What a batch should take. */
  readonly targetMs: number;
  /** Pause after a batch, as a multiple of what it took; 0 is none. */
  readonly pauseRatio: number;
}

export const defaultPacing: Pacing = { targetMs: 10, pauseRatio: 1 };

/** The size that would have taken the target's time, at most twice and at least half of the last one. */
export function nextBatchSize(size: number, elapsedMs: number, { targetMs }: Pacing): number {
  const wanted = size * (targetMs / Math.max(elapsedMs, 0.1));
  const smooth = Math.min(size * 2, Math.max(size / 2, wanted));
  return Math.round(Math.min(batchLimits.most, Math.max(batchLimits.least, smooth)));
}
