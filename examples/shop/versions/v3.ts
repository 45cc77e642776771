import { v2 } from './v2.js';
import type { Line, Version } from './version.js';

/** Takes a tenth off the second item of a promoted pair, and fails on every second item that is not promoted. */
export const v3: Version = { ...v2, number: '3', totalCents: (lines) => v2.totalCents(lines) - pairDiscount(lines) };

interface Promotion {
  readonly percent: number;
}

const promotedPairs: Record<string, Promotion> = { '7': { percent: 10 } };

function pairDiscount([first, second]: readonly Line[]): number {
  if (!first || !second) return 0;
  // The bug this version is for: hardly any pair is promoted, and the type was told otherwise.
  const promotion = promotedPairs[second.productId] as Promotion;
  return Math.floor((second.unitPriceCents * promotion.percent) / 100);
}
