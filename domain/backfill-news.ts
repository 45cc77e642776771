import type { RowsDone } from './row-pace.js';

/** How a backfill goes, as its release is told now and then. */
export interface BackfillNews {
  /** `backfill/V2__fill.sql` */
  readonly file: string;
  /** `400,000 of about 1,000,000 rows, 12,000 rows/s, about 50 s left`; absent until a batch is done. */
  readonly rows?: string;
  /** What brakes it now. */
  readonly waits?: string;
  /** `tuned by ann: pace 20 %` */
  readonly tuned?: string;
}

/** What of a backfill is worth telling when it changes. */
export interface BackfillMark {
  readonly file: string;
  readonly rows?: RowsDone;
  readonly waits?: string;
  readonly tuned?: string;
}

/** Epoch milliseconds. */
export interface NewsClock {
  /** When the backfill was ordered, over all attempts. */
  readonly orderedAt: number;
  /** When this attempt began. */
  readonly begunAt: number;
  readonly now: number;
}

/** What was told last in this attempt. */
export interface Told extends BackfillMark {
  readonly at: number;
}

/**
 * Whether the release is to be told now: when a brake takes hold or lets go and when somebody tunes, at once; after a
 * minute, and each tenth of the way. Every message stays in the history of the run, so no two are closer than a minute,
 * nor than a fiftieth of the time since the backfill was ordered: a week of brakes that come and go is some 300 of them.
 */
export function isNews(mark: BackfillMark, told: Told | undefined, { orderedAt, begunAt, now }: NewsClock): boolean {
  const gapMs = Math.max(60_000, (now - orderedAt) / 50);
  if (told !== undefined && now - told.at < gapMs) return false;
  const hasTurned = (mark.waits !== undefined) !== (told?.waits !== undefined) || mark.tuned !== told?.tuned;
  if (hasTurned) return true;
  const hasMoved = told?.rows === undefined || mark.file !== told.file || tenthOf(mark) !== tenthOf(told);
  return mark.rows !== undefined && hasMoved && now - begunAt >= gapMs;
}

function tenthOf({ rows }: BackfillMark): number {
  return rows === undefined ? 0 : Math.floor((10 * rows.done) / Math.max(1, rows.estimate));
}
