import { nobodyLooked } from './failure.js';

export interface WatchLimit {
  readonly scheduleToCloseTimeout: number;
}

/**
 * A watch looks at its own clock whenever it has an answer; one that gets none for longer than `ms` and a margin ends,
 * too. Where no worker was there to look nothing is known, and it begins anew.
 */
export async function watched<T>(ms: number, watch: (limit: WatchLimit) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await watch({ scheduleToCloseTimeout: ms + unansweredMs });
    } catch (error) {
      if (!nobodyLooked(error)) throw error;
    }
  }
}

const unansweredMs = 5 * 60_000;
