import { AwsError } from '../aws-error.js';

/** What a metric says about one period: counts of things that happened, or measured values. Empty is absent, never 0. */
export type Sample =
  { readonly kind: 'count'; readonly count: number } | { readonly kind: 'values'; readonly values: number[] };

/** One of CloudWatch's statistics of a period; undefined when there was nothing to make it of. */
export function statistic(name: string, sample: Sample): number | undefined {
  const percentile = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1];
  if (sample.kind === 'count') return sample.count === 0 ? undefined : ofCount(name, sample.count, percentile);
  return sample.values.length === 0 ? undefined : ofValues(name, sample.values, percentile);
}

/** Each thing that happened is a datum with the value 1. */
function ofCount(name: string, count: number, percentile: string | undefined): number {
  if (percentile !== undefined) return 1;
  switch (name) {
    case 'Sum':
    case 'SampleCount':
      return count;
    case 'Average':
    case 'Minimum':
    case 'Maximum':
      return 1;
  }
  throw unknownStatistic(name);
}

function ofValues(name: string, values: number[], percentile: string | undefined): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (percentile !== undefined) {
    const sorted = Float64Array.from(values).sort();
    const rank = Math.max(1, Math.ceil((Number(percentile) / 100) * sorted.length));
    return sorted[rank - 1] ?? 0;
  }
  switch (name) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return values.length;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return values.reduce((least, value) => Math.min(least, value));
    case 'Maximum':
      return values.reduce((most, value) => Math.max(most, value));
  }
  throw unknownStatistic(name);
}

function unknownStatistic(name: string): AwsError {
  return new AwsError('ValidationError', `The value ${name} for parameter Stat is not supported.`);
}
