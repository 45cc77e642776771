import { Pool } from 'pg';
import type { LedgerFacts } from '../../domain/doctor/facts.js';
import { ReleaseError, isReleaseError } from '../../domain/failure.js';
import { effectRows } from './effect-rows.js';
import { historyRows } from './history-rows.js';
import { laneRows } from './lane-rows.js';
import type { Ledger } from './ledger.js';
import { migrateLedger, readLedgerSchema } from './migrate-ledger.js';
import { releaseRows } from './release-rows.js';

/** Runs one statement; a ledger that cannot be asked is `ledger-unreachable`. */
export type Ask = <Row extends object>(sql: string, values: readonly unknown[]) => Promise<Row[]>;

export interface PgLedger extends Ledger {
  /** Its schema and its clock, for people. */
  readFacts(): Promise<LedgerFacts>;
  close(): Promise<void>;
}

/** Connects, brings the schema up to date, and answers from Postgres. */
export async function openLedger(url: string): Promise<PgLedger> {
  const pool = createLedgerPool(url);
  try {
    await migrateLedger(pool);
  } catch (error) {
    await pool.end();
    throw asLedgerError(error);
  }

  const ask: Ask = async <Row extends object>(sql: string, values: readonly unknown[]) => {
    try {
      return (await pool.query<Row>(sql, [...values])).rows;
    } catch (error) {
      throw asLedgerError(error);
    }
  };
  return {
    ...laneRows(ask),
    ...releaseRows(ask),
    ...effectRows(ask),
    ...historyRows(ask),
    readFacts: () => readFacts(pool),
    close: () => pool.end(),
  };
}

async function readFacts(pool: Pool): Promise<LedgerFacts> {
  try {
    const schema = await readLedgerSchema(pool);
    const from = Date.now();
    const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now');
    return { ...schema, clock: { at: rows[0]?.now.getTime() ?? 0, from, to: Date.now(), grainMs: 1 } };
  } catch (error) {
    throw asLedgerError(error);
  }
}

/** Connections to the ledger as every part of sluice has them. */
export function createLedgerPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: 'sluice/ledger',
    max: 10,
    connectionTimeoutMillis: 3_000,
    statement_timeout: 10_000,
    // A connection that died silently must not hold a statement that lands long after it was given up.
    query_timeout: 12_000,
    keepAlive: true,
  });
  // Without a listener a lost idle connection would end the process; the next statement says what is wrong.
  pool.on('error', () => undefined);
  return pool;
}

export function asLedgerError(error: unknown): unknown {
  if (isReleaseError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const sqlstate = error instanceof Error && 'code' in error ? String(error.code) : '';
  // These classes are our own mistakes and must stay visible as such; everything else is the ledger being away.
  if (/^(22|23|42)/.test(sqlstate)) return error;
  return new ReleaseError('ledger-unreachable', `the ledger did not answer: ${message}`, { cause: error });
}
