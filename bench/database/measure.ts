import type { Postgres } from '../../embedded/postgres.js';
import { quantile } from '../figure.js';
import { type Contender, requireFilled } from './contenders.js';
import { createTable, dropTable, type Variant, writtenBytes } from './table.js';

/** Rows a second, each the median of its rounds. */
export interface Result {
  readonly rows: number;
  readonly variant: Variant;
  readonly rounds: number;
  readonly ours: number;
  /** Ours, which works at one part of the table at a time. */
  readonly oneJob: number;
  /** `null` where it is not there. */
  readonly pgroll: number | null;
  readonly limit: number;
  readonly ratioToPgroll: number | null;
  readonly ratioToLimit: number;
  /** Slowest and fastest round. */
  readonly spread: Readonly<Record<Name, readonly [number, number] | null>>;
  /** What the server wrote to its log for a row, by all of the change; bytes. */
  readonly walPerRow: Readonly<Record<Name, number | null>>;
}

export interface MeasureOrder {
  readonly postgres: Postgres;
  readonly rows: number;
  readonly variant: Variant;
  readonly rounds: number;
  readonly contenders: Readonly<Record<Exclude<Name, 'pgroll'>, Contender>> & { readonly pgroll?: Contender };
  readonly say: (line: string) => void;
}

const names = ['ours', 'oneJob', 'pgroll', 'limit'] as const;

type Name = (typeof names)[number];

/** The contenders take turns, so that what else the machine does falls on all of them. */
export async function measure(order: MeasureOrder): Promise<Result> {
  const { rows, variant, rounds, contenders, say } = order;
  const rates: Record<Name, number[]> = { ours: [], oneJob: [], pgroll: [], limit: [] };
  const wal: Record<Name, number[]> = { ours: [], oneJob: [], pgroll: [], limit: [] };
  // Of pgroll only the whole of `start` can be timed. What each takes for one row is not the filling's.
  const overhead = { ours: 0, oneJob: 0, pgroll: 0, limit: 0 };
  for (const name of names) {
    if (contenders[name] !== undefined) overhead[name] = (await time(order, contenders[name], 1)).took;
  }
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const contender = contenders[name];
      if (contender === undefined) continue;
      const { took, written } = await time(order, contender, rows);
      const rate = (rows * 1_000) / Math.max(1, took - overhead[name]);
      say(`${rows} rows, ${variant}, round ${round}: ${name} ${Math.round(rate)} rows/s`);
      rates[name].push(rate);
      wal[name].push(written / rows);
    }
  }
  const ofEach = <T>(of: (name: Name) => T) => ({
    ours: of('ours'),
    oneJob: of('oneJob'),
    pgroll: of('pgroll'),
    limit: of('limit'),
  });
  const median = (samples: readonly number[]) => (samples.length === 0 ? null : quantile(samples, 0.5));
  const found = ofEach((name) => median(rates[name]));
  const [mine, most] = [found.ours ?? 0, found.limit ?? 0];
  return {
    rows,
    variant,
    rounds,
    ours: mine,
    oneJob: found.oneJob ?? 0,
    pgroll: found.pgroll,
    limit: most,
    ratioToPgroll: found.pgroll === null ? null : mine / found.pgroll,
    ratioToLimit: mine / most,
    spread: ofEach((name) =>
      rates[name].length === 0 ? null : ([quantile(rates[name], 0), quantile(rates[name], 1)] as const),
    ),
    walPerRow: ofEach((name) => median(wal[name])),
  };
}

async function time({ postgres, variant }: MeasureOrder, contender: Contender, rows: number) {
  const name = 'backfill_bench';
  const url = await createTable(postgres, { name, rows, variant });
  try {
    const before = await writtenBytes(url);
    const took = await contender(url);
    const written = (await writtenBytes(url)) - before;
    await requireFilled(url);
    return { took, written };
  } finally {
    await dropTable(postgres, name);
  }
}
