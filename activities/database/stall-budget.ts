/**
 * What attempts at locks may hold others up for, all of them together, in any minute. Each is short, but on a table where one
 * long transaction follows the other they would come one after the other.
 */
export interface StallBudget {
  /** An attempt that did not get its locks has ended: whoever came after it stood behind it for as long as it took. */
  spent(milliseconds: number): void;
  /** How long until the next attempt, of `milliseconds` at most, keeps within it; 0 when it does now. */
  wait(milliseconds: number): number;
}

const minute = 60_000;

/** `most`: milliseconds of any minute. An attempt that is longer than that has a minute of its own. */
export function createStallBudget(most: number, now: () => number = () => performance.now()): StallBudget {
  let spent: readonly { readonly at: number; readonly milliseconds: number }[] = [];
  return {
    spent(milliseconds) {
      spent = [...spent.filter(({ at }) => at > now() - minute), { at: now(), milliseconds }];
    },
    wait(milliseconds) {
      let total = Math.min(milliseconds, most);
      for (const attempt of spent.toReversed()) {
        total += attempt.milliseconds;
        if (total > most) return Math.max(0, attempt.at + minute - now());
      }
      return 0;
    },
  };
}
