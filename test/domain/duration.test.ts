import { expect, it } from 'vitest';
import { durationText } from '../../domain/duration.js';

it.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_240, '1.2 s'],
  [6_000, '6 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [192_000, '3 min 12 s'],
  [3_599_700, '1 h'],
  [7_500_000, '2 h 5 min'],
])('tells %d milliseconds as %s', (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text);
});
