import { setTimeout as sleep } from 'node:timers/promises';

/** Something that counts up while the old version is in use. */
export interface UseCount {
  readonly id: string;
  readonly count: number;
  /** Who or what it is, and what to do. */
  readonly words: string;
}

/** Tells what has grown since it was asked last about the same thing; asked for the first time, it looks twice. */
export interface Growth {
  readGrown(about: string, read: () => Promise<readonly UseCount[]>): Promise<readonly string[]>;
}

/** One that remembers for as long as its process lives: counters of long ago prove nothing. */
export function createGrowth(): Growth {
  const seen = new Map<string, ReadonlyMap<string, number>>();
  return {
    async readGrown(about, read) {
      const before = seen.get(about) ?? countsOf(await read());
      if (!seen.has(about) && before.size > 0) await sleep(firstLookMs);
      const now = await read();
      seen.set(about, countsOf(now));
      return now.filter(({ id, count }) => count > (before.get(id) ?? 0)).map(({ words }) => words);
    },
  };
}

/** A mark is left at most once a second. */
const firstLookMs = 1_100;

function countsOf(counts: readonly UseCount[]): ReadonlyMap<string, number> {
  return new Map(counts.map(({ id, count }) => [id, count]));
}
