import { expect, it } from 'vitest';
import { stillReading } from '../../domain/standby-queries.js';

it.each([
  ['reads what was before', 1_000, 999, true],
  ['has begun since', 1_000, 1_000, false],
  ['is ahead', 1_000, 1_001, false],
  ['does not say', 1_000, null, false],
  ['reads what was before the numbers began anew', 2 ** 32 + 10, 2 ** 32 - 10, true],
  ['has begun since they did', 3 * 2 ** 32 + 10, 20, false],
])('a standby %s', (_, since, oldest, reads) => {
  const standby = { name: 'replica-1', oldest };
  expect(stillReading([standby], since)).toEqual(reads ? [standby] : []);
});
