/** One measured number, as `npm run bench` reports it. */
export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 's' | 'ratio' | 'requests/s' | 'MB' | 'KB' | 'events';
  /** What is compared with the limit, and what the name says: a median, a 99th percentile, a maximum. */
  readonly value: number;
  readonly limit?: Limit;
  /** Of the samples the value comes from. */
  readonly spread: Spread;
  /** How it was measured, in one sentence. */
  readonly how: string;
}

export type Limit = { readonly atMost: number } | { readonly atLeast: number };

export interface Spread {
  readonly samples: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    samples: samples.length,
    min: quantile(samples, 0),
    median: quantile(samples, 0.5),
    max: quantile(samples, 1),
  };
}

/** Nearest rank; `p` from 0 to 1. */
export function quantile(samples: readonly number[], p: number): number {
  const ordered = [...samples].sort((a, b) => a - b);
  const found = ordered[Math.max(0, Math.ceil(p * ordered.length) - 1)];
  if (found === undefined) throw new Error('expected at least one sample');
  return found;
}

export function holds({ value, limit }: Figure): boolean {
  if (limit === undefined) return true;
  return 'atMost' in limit ? value <= limit.atMost : value >= limit.atLeast;
}
