import { expect, it } from 'vitest';
import { defaultPacing, nextBatchSize, tunedPacing, withinBytes } from '../../../activities/database/batch-size.js';

const pacing = { ...defaultPacing, targetMs: 10, mostBytes: 1_000_000 };

it('follows the time a batch takes, at most twice and at least half of the last one', () => {
  expect(nextBatchSize({ size: 1_000, elapsedMs: 8 }, 1, pacing)).toBe(1_250);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 1 }, 1, pacing)).toBe(2_000);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 100 }, 1, pacing)).toBe(500);
});

it('is smaller where rows are long, down to a single one, and grows again', () => {
  expect(nextBatchSize({ size: 1_000, elapsedMs: 10 }, 4_000, pacing)).toBe(250);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 10 }, 1e9, pacing)).toBe(1);
  expect(nextBatchSize({ size: 4, elapsedMs: 10 }, 0, pacing)).toBe(100);
});

it('begins with as many rows as are not too long', () => {
  expect(withinBytes(1_000, 100, pacing)).toBe(1_000);
  expect(withinBytes(1_000, 10_000, pacing)).toBe(100);
  expect(withinBytes(1_000, 1e9, pacing)).toBe(1);
});

it.each([
  [{}, { pauseRatio: 1, targetMs: 10 }],
  [{ pace: 0.2 }, { pauseRatio: 4, targetMs: 10 }],
  [
    { pace: 1, batchMs: 5 },
    { pauseRatio: 0, targetMs: 5 },
  ],
])('paces by %j what is %j', (tuning, paced) => {
  expect(tunedPacing(pacing, tuning)).toEqual({ ...pacing, ...paced });
});
