import { expect, it } from 'vitest';
import { type BackfillMark, isNews, type Told } from '../../domain/backfill-news.js';
import { createRowPace, describeRows } from '../../domain/row-pace.js';

const minute = 60_000;
const file = 'backfill/V2__fill.sql';

/** Runs through what a backfill says, and answers with when its run was told, in minutes. */
function toldAt(said: Iterable<{ readonly at: number; readonly mark: BackfillMark }>): number[] {
  const times: number[] = [];
  let told: Told | undefined;
  for (const { at, mark } of said) {
    if (!isNews(mark, told, { orderedAt: 0, begunAt: 0, now: at })) continue;
    told = { ...mark, at };
    times.push(at / minute);
  }
  return times;
}

function* every(stepMs: number, untilMs: number, mark: (at: number) => Omit<BackfillMark, 'file'>) {
  for (let at = 0; at <= untilMs; at += stepMs) yield { at, mark: { file, ...mark(at) } };
}

it('is told after a minute and each tenth of the way', () => {
  const hour = every(1_000, 60 * minute, (at) => ({ rows: { done: at, estimate: 60 * minute } }));
  expect(toldAt(hour)).toEqual([1, 6, 12, 18, 24, 30, 36, 42, 48, 54, 60]);
  const halfMinute = every(100, minute / 2, (at) => ({ rows: { done: at, estimate: minute / 2 } }));
  expect(toldAt(halfMinute)).toEqual([]);
});

it('is told at once that a brake takes hold, and that it has let go a minute later', () => {
  const rows = { done: 1, estimate: 1_000 };
  const braked = (at: number) => (at >= 10_000 && at < 20_000 ? { waits: 'a vacuum' } : { rows });
  expect(toldAt(every(500, 1.5 * minute, braked))).toEqual([1 / 6, 7 / 6]);
});

it('is told at once that somebody has tuned it', () => {
  const rows = { done: 1, estimate: 1_000 };
  const tuned = (at: number) => ({ rows, ...(at >= 10_000 ? { tuned: 'tuned by ann: full pace' } : {}) });
  expect(toldAt(every(500, minute, tuned))).toEqual([1 / 6]);
});

it('leaves the history of a week short, whatever comes and goes', () => {
  const flapping = (at: number) => ((at / 30_000) % 2 === 0 ? { waits: 'a vacuum' } : {});
  const told = toldAt(every(30_000, 7 * 24 * 60 * minute, flapping)).length;
  expect(told).toBeGreaterThan(100);
  expect(told).toBeLessThan(350);
});

it('counts rows a second over the last minute, so that it follows a tuning', () => {
  const pace = createRowPace();
  const rowsAt = (seconds: number, done: number) => pace({ file, rows: { done, estimate: 1e6 } }, seconds * 1_000);
  expect(rowsAt(0, 500_000)).toBe(0);
  expect(rowsAt(10, 501_000)).toBe(100);
  for (let seconds = 20; seconds <= 600; seconds += 10) rowsAt(seconds, 500_000 + seconds * 100);
  for (let seconds = 610; seconds <= 700; seconds += 10) rowsAt(seconds, 560_000 + (seconds - 600) * 1_000);
  expect(rowsAt(710, 670_000)).toBe(1_000);
  expect(pace({ file: 'another', rows: { done: 7, estimate: 10 } }, 711_000)).toBe(0);
});

it('says what is left as people do', () => {
  expect(describeRows({ done: 400_000, estimate: 1_000_000 }, 12_000)).toBe(
    '400,000 of about 1,000,000 rows, 12,000 rows/s, about 50 s left',
  );
  expect(describeRows({ done: 10, estimate: 10 }, 5)).toBe('10 of about 10 rows, 5 rows/s');
  expect(describeRows({ done: 1, estimate: 10 }, 0)).toBe('1 of about 10 rows, 0 rows/s');
});
