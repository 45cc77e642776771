export interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

/**
 * Draws values in exact proportion to their weights: every run of as many draws as the (reduced) weights add up to
 * holds each value exactly its share of times. The order inside a run is random, because a fixed one would fall in
 * step with clients whose requests come in a fixed order: one value would see all the writes, another none.
 *
 * Draws nothing when no value has a weight.
 */
export function createDeck<T>(entries: readonly Weighted<T>[]): () => T | undefined {
  const weighted = entries.filter(({ weight }) => weight > 0);
  const divisor = weighted.reduce((common, { weight }) => greatestCommonDivisor(common, weight), 0);
  const cards = weighted.flatMap(({ value, weight }) => Array<T>(weight / divisor).fill(value));
  let left = 0;
  return () => {
    if (cards.length === 0) return undefined;
    if (left === 0) left = cards.length;
    // Fisher-Yates, one step a draw: the cards already drawn of this run lie behind `left`.
    const drawn = Math.floor(Math.random() * left);
    left -= 1;
    const card = cards[drawn] as T;
    cards[drawn] = cards[left] as T;
    cards[left] = card;
    return card;
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
