import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Postgres } from '../../embedded/postgres.js';
import { quantile } from '../figure.js';
import { lockTimeoutMs, ourChange } from './contenders.js';
import { type Felt, sendShoppers, type Shoppers } from './shoppers.js';
import { createTable, dropTable } from './table.js';

/** What a service of 800 transactions a second feels of a change; milliseconds. */
export interface Beside {
  readonly rows: number;
  readonly rounds: number;
  /** Statements of the service that failed, in all rounds and phases. */
  readonly failed: number;
  /** Of the paced backfill, next to as long a time without it; medians of the rounds. */
  readonly p99: {
    readonly baseline: number;
    readonly backfill: number;
    readonly added: number;
    /** Of what was added, over the rounds. */
    readonly spread: readonly [number, number];
    readonly limit: number;
    readonly rowsPerSecond: number;
  };
  /** The longest wait of a statement while the DDL of expand gets its locks beside a transaction that holds the table. */
  readonly stall: {
    readonly baseline: number;
    readonly longest: number;
    readonly spread: readonly [number, number];
    readonly limit: number;
  };
}

export interface BesideOrder {
  readonly postgres: Postgres;
  readonly rows: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export async function measureBeside(order: BesideOrder): Promise<Beside> {
  const { rows, rounds, say } = order;
  const found: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const one = await besideOnce(order);
    found.push(one);
    const { baseline, expand, backfill } = one;
    say(
      `beside a service, round ${round}: p99 ${baseline.p99.toFixed(1)} ms alone, ${backfill.p99.toFixed(1)} ms beside the backfill; longest wait ${baseline.longest.toFixed(0)} ms alone, ${expand.longest.toFixed(0)} ms beside expand`,
    );
  }
  const ofAll = (of: (round: Round) => number) => found.map(of);
  const median = (of: (round: Round) => number) => quantile(ofAll(of), 0.5);
  const spread = (of: (round: Round) => number) => [quantile(ofAll(of), 0), quantile(ofAll(of), 1)] as const;
  const added = ({ baseline, backfill }: Round) => backfill.p99 - baseline.p99;
  return {
    rows,
    rounds,
    failed: found
      .flatMap(({ baseline, expand, backfill }) => [baseline, expand, backfill])
      .reduce((sum, { failed }) => sum + failed, 0),
    p99: {
      baseline: median(({ baseline }) => baseline.p99),
      backfill: median(({ backfill }) => backfill.p99),
      added: median(added),
      spread: spread(added),
      limit: 5,
      rowsPerSecond: median(({ rate }) => rate),
    },
    stall: {
      baseline: median(({ baseline }) => baseline.longest),
      longest: median(({ expand }) => expand.longest),
      spread: spread(({ expand }) => expand.longest),
      limit: lockTimeoutMs + 10,
    },
  };
}

interface Round {
  readonly baseline: Felt;
  readonly expand: Felt;
  readonly backfill: Felt;
  readonly rate: number;
}

async function besideOnce({ postgres, rows }: BesideOrder): Promise<Round> {
  const name = 'beside_bench';
  const url = await createTable(postgres, { name, rows, variant: 'plain' });
  let shoppers: Shoppers | undefined;
  try {
    shoppers = await sendShoppers(url, rows);
    await sleep(warmUpMs);
    await shoppers.felt();
    await sleep(baselineMs);
    const baseline = await shoppers.felt();
    const change = ourChange(url);
    await besideReader(url, change.expand);
    const expand = await shoppers.felt();
    const took = await change.fill();
    return { baseline, expand, backfill: await shoppers.felt(), rate: (rows * 1_000) / took };
  } finally {
    await shoppers?.stop();
    await dropTable(postgres, name);
  }
}

const warmUpMs = 2_000;
const baselineMs = 15_000;

/** Does `work` while somebody has the table open, until it has waited for its locks a few times. */
async function besideReader(url: string, work: (tell: () => void) => Promise<void>): Promise<void> {
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  try {
    await reader.query('begin; select from customers limit 1');
    let waits = 0;
    await work(() => {
      if (++waits === 3) void reader.query('commit');
    });
  } finally {
    await reader.end();
  }
}
