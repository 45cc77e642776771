import type { Postgres } from '../../embedded/postgres.js';
import { quantile } from '../figure.js';
import { type Contender, requireFilled } from './contenders.js';
import { createTable, dropTable, type Variant } from './table.js';

/** Rows a second, each the median of its rounds. */
export interface Result {
  readonly rows: number;
  readonly variant: Variant;
  readonly rounds: number;
  readonly ours: number;
  /** `null` where it is not there. */
  readonly pgroll: number | null;
  readonly limit: number;
  readonly ratioToPgroll: number | null;
  readonly ratioToLimit: number;
  /** Slowest and fastest round. */
  readonly spread: Readonly<Record<'ours' | 'pgroll' | 'limit', readonly [number, number] | null>>;
}

export interface MeasureOrder {
  readonly postgres: Postgres;
  readonly rows: number;
  readonly variant: Variant;
  readonly rounds: number;
  readonly contenders: { readonly ours: Contender; readonly limit: Contender; readonly pgroll?: Contender };
  readonly say: (line: string) => void;
}

const names = ['ours', 'pgroll', 'limit'] as const;

/** The contenders take turns, so that what else the machine does falls on all of them. */
export async function measure(order: MeasureOrder): Promise<Result> {
  const { rows, variant, rounds, contenders, say } = order;
  const rates: Record<'ours' | 'pgroll' | 'limit', number[]> = { ours: [], pgroll: [], limit: [] };
  // Of pgroll only the whole of `start` can be timed. What each takes for one row is not the filling's.
  const overhead = { ours: 0, pgroll: 0, limit: 0 };
  for (const name of names) {
    if (contenders[name] !== undefined) overhead[name] = await time(order, contenders[name], 1);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const contender = contenders[name];
      if (contender === undefined) continue;
      const took = await time(order, contender, rows);
      const rate = (rows * 1_000) / Math.max(1, took - overhead[name]);
      say(`${rows} rows, ${variant}, round ${round}: ${name} ${Math.round(rate)} rows/s`);
      rates[name].push(rate);
    }
  }
  const median = (name: keyof typeof rates) => (rates[name].length === 0 ? null : quantile(rates[name], 0.5));
  const [mine, peer, most] = [median('ours') ?? 0, median('pgroll'), median('limit') ?? 0];
  const spread = (name: keyof typeof rates) =>
    rates[name].length === 0 ? null : ([quantile(rates[name], 0), quantile(rates[name], 1)] as const);
  return {
    rows,
    variant,
    rounds,
    ours: mine,
    pgroll: peer,
    limit: most,
    ratioToPgroll: peer === null ? null : mine / peer,
    ratioToLimit: mine / most,
    spread: { ours: spread('ours'), pgroll: spread('pgroll'), limit: spread('limit') },
  };
}

async function time({ postgres, variant }: MeasureOrder, contender: Contender, rows: number): Promise<number> {
  const name = 'backfill_bench';
  const url = await createTable(postgres, { name, rows, variant });
  try {
    const took = await contender(url);
    await requireFilled(url);
    return took;
  } finally {
    await dropTable(postgres, name);
  }
}
