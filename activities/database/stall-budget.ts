/**
 * What attempts at locks may hold others up for, all of them together, in any minute. Each is short, but on a table where one
 * long transaction follows the other they would come one after the other.
 */
export interface StallBudget {
  /**
   * An attempt that did not get its locks has ended: whoever came after it stood behind it for as long as it took. Attempts
   * at the same time hold others up once.
   */
  spent(milliseconds: number): void;
  /** How long until the next attempt, of `milliseconds` at most, keeps within it; 0 when it does now. */
  wait(milliseconds: number): number;
}

const minute = 60_000;

/** `most`: milliseconds of any minute. An attempt that is longer than that has a minute of its own. */
export function createStallBudget(most: number, now: () => number = () => performance.now()): StallBudget {
  let spent: readonly { readonly from: number; readonly at: number }[] = [];
  return {
    spent(milliseconds) {
      const at = now();
      const together = spent.filter((other) => other.at > at - milliseconds);
      const from = Math.min(at - milliseconds, ...together.map((other) => other.from));
      const others = spent.filter((other) => other.at > at - minute && !together.includes(other));
      spent = [...others, { from, at }];
    },
    wait(milliseconds) {
      let total = Math.min(milliseconds, most);
      for (const attempt of spent.toReversed()) {
        total += attempt.at - attempt.from;
        // What has held others up longest ago is the first that no longer counts.
        if (total > most) return Math.max(0, attempt.from + (total - most) + minute - now());
      }
      return 0;
    },
  };
}
