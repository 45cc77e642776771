import { expect, it } from 'vitest';
import { defaultPacing, firstBatchSize, nextBatchSize } from '../../../activities/database/batch-size.js';

const pacing = { ...defaultPacing, targetMs: 10, mostBytes: 1_000_000 };

it('follows the time a batch takes, at most twice and at least half of the last one', () => {
  expect(nextBatchSize({ size: 1_000, elapsedMs: 8, bytes: 1 }, pacing)).toBe(1_250);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 1, bytes: 1 }, pacing)).toBe(2_000);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 100, bytes: 1 }, pacing)).toBe(500);
});

it('is smaller where the rows of a batch are long, down to a single one', () => {
  expect(nextBatchSize({ size: 1_000, elapsedMs: 10, bytes: 4_000_000 }, pacing)).toBe(250);
  expect(nextBatchSize({ size: 1_000, elapsedMs: 10, bytes: 1_000_000_000 }, pacing)).toBe(1);
  expect(nextBatchSize({ size: 4, elapsedMs: 10, bytes: 0 }, pacing)).toBe(100);
});

it('begins with as many rows as are not too long on disk', () => {
  expect(firstBatchSize(1_000, 100, pacing)).toBe(1_000);
  expect(firstBatchSize(1_000, 10_000, pacing)).toBe(100);
  expect(firstBatchSize(1_000, 10_000_000, pacing)).toBe(1);
});
