import { type Moment, sum } from './evidence.js';

export interface Silence {
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly endedAt: number;
}

/**
 * The longest time in which the shop answered nobody, of a second or more. The shoppers report every second: one without
 * an answer is silent, and a report that comes a second late or more tells that the shoppers themselves stood still.
 */
export function longestSilence(timeline: readonly Moment[]): Silence | undefined {
  let longest = 0;
  let endedAt = 0;
  let silent = 0;
  for (const [i, { at, byVersion }] of timeline.entries()) {
    const took = at - (timeline[i - 1]?.at ?? at - 1_000);
    const answered = sum(Object.values(byVersion), (requests) => requests) > 0;
    silent = answered ? took - 1_000 : silent + Math.max(1_000, took);
    if (silent <= longest) continue;
    longest = silent;
    endedAt = at;
  }
  return longest < 1_000 ? undefined : { seconds: longest / 1_000, endedAt };
}
