/** Chance that a seed repeats. */
export interface Random {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from 0 up to `n`. */
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
  /** Of its own, so that one who asks more often does not change what another gets. */
  fork(): Random;
}

/** mulberry32 */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    next,
    below,
    pick: <T>(from: readonly T[]) => {
      if (from.length === 0) throw new Error('expected something to pick from');
      return from[below(from.length)] as T;
    },
    fork: () => randomOf(below(2 ** 31)),
  };
}
