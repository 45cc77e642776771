import { durationText } from './duration.js';
import { count } from './lint/waits.js';

/** Of a backfill: rows changed so far, and about how many the table has. */
export interface RowsDone {
  readonly done: number;
  readonly estimate: number;
}

interface Sample {
  readonly file: string;
  readonly done: number;
  readonly at: number;
}

/**
 * Rows a second of a backfill, by what is told of it one after the other. Over the last half to whole minute, and this run
 * alone: it follows a tuning, and what an earlier run has done says nothing of the pace of today.
 */
export function createRowPace(): (told: { readonly file: string; readonly rows?: RowsDone }, at: number) => number {
  let older: Sample | undefined;
  let newer: Sample | undefined;
  return ({ file, rows }, at) => {
    if (rows === undefined) return 0;
    const now = { file, done: rows.done, at };
    if (older === undefined || newer === undefined || older.file !== file) older = newer = now;
    else if (at - newer.at >= windowMs) [older, newer] = [newer, now];
    return at === older.at ? 0 : (1_000 * (now.done - older.done)) / (at - older.at);
  };
}

const windowMs = 30_000;

/** `400,000 of about 1,000,000 rows, 12,000 rows/s, about 50 s left` */
export function describeRows({ done, estimate }: RowsDone, rowsPerSecond: number): string {
  const leftMs = rowsPerSecond > 0 ? (1_000 * (estimate - done)) / rowsPerSecond : 0;
  const left = leftMs <= 0 ? '' : `, about ${durationText(leftMs)} left`;
  return `${count(done)} of about ${count(estimate)} rows, ${count(rowsPerSecond)} rows/s${left}`;
}
