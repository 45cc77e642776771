import type { LintRule, Work } from './rule.js';

/** As the database counts it: the statistics' rows, the files' bytes with TOAST, without indexes. */
export interface TableSize {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
}

/**
 * Bytes of the table a second, measured on two cores with the table in memory (docs/how-to/lint-schema-changes.md). A
 * disk that is slower takes longer, so an estimate says what it stands on.
 */
export const workRates: Readonly<Record<Exclude<Work, 'nothing'>, number>> = {
  'reads the table': 1_000_000_000,
  'rewrites the table': 30_000_000,
  'builds an index': 50_000_000,
};

/** Who waits, and for how long. `locked` are the tables the statement locks, `sizes` what is known of them. */
export function describeWaits(rule: LintRule, locked: readonly string[], sizes: readonly TableSize[] = []): string {
  const { blocks, work } = rule;
  if (blocks === 'nobody') return 'nobody';
  const who = `${blocks === 'everybody' ? 'reads and writes of' : 'writes to'} ${locked.join(' and ') || 'the table'}`;
  if (work === 'nothing') {
    return `${who}, for a moment once it has its lock; until then they queue behind it, up to the lock timeout`;
  }
  const estimates = sizes.map((size) => estimate(work, size));
  return [`${who}, as long as Postgres ${work}`, ...estimates].join('; ');
}

function estimate(work: Exclude<Work, 'nothing'>, { name, bytes, rows }: TableSize): string {
  const rate = workRates[work];
  const seconds = bytes / rate;
  const time = seconds < 1 ? 'less than 1 s' : `about ${Math.round(seconds)} s`;
  return `${name} has ${byteText(bytes)} in about ${count(rows)} rows: ${time} at ${byteText(rate)}/s`;
}

/** `3.1 GB`, in powers of ten. */
export function byteText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${units[step]}`;
}

/** `1,500,000` */
export function count(rows: number): string {
  return String(Math.round(rows)).replace(/\B(?=(\d{3})+$)/g, ',');
}
