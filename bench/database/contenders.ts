import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import type { Pacing } from '../../activities/database/batch-size.js';
import { createOperationsEngine } from '../../activities/database/operations-engine.js';
import type { Migration, PhaseProgress } from '../../activities/database/schema-engine.js';
import { pgrollStart } from './pgroll.js';
import { change, inDatabase } from './table.js';

/** Fills the column of every row, and answers with the milliseconds that took. */
export type Contender = (url: string) => Promise<number>;

const operation = {
  add_column: {
    table: 'customers',
    column: { name: change.column, type: 'text', nullable: true },
    up: change.expression,
  },
};

/** What one attempt at a lock may hold others up for; milliseconds, the default of `sluice db`. */
export const lockTimeoutMs = 200;

/** The two phases of our change that others can feel, one by one. */
export function ourChange(url: string, { pacing = {}, brakes = {}, jobs = 1 }: Effort = {}) {
  const engine = createOperationsEngine({ pacing });
  const operations = [{ name: '01_loud.json', text: JSON.stringify({ operations: [operation] }) }];
  const migration: Migration = { lane: 'bench', url, files: [], operations, lockTimeoutMs, brakes, jobs };
  const run = (onProgress: (progress: PhaseProgress) => void) => ({
    generation: 1,
    signal: new AbortController().signal,
    onProgress,
  });
  return {
    expand: (onProgress: (progress: PhaseProgress) => void = () => {}) => engine.expand(migration, run(onProgress)),
    async fill(onProgress: (progress: PhaseProgress) => void = () => {}): Promise<number> {
      const start = performance.now();
      await engine.backfill(migration, run(onProgress));
      return performance.now() - start;
    },
  };
}

interface Effort {
  readonly pacing?: Partial<Pacing>;
  readonly brakes?: Migration['brakes'];
  readonly jobs?: number;
}

/**
 * Without pauses, with twenty times as long a batch, beside autovacuum, and at as many parts at once as the machine has cores
 * (`--pace full --batch-ms 200 --jobs 2 --brake vacuum=off`): what the engine can do, not what it does beside a service.
 */
export const unpaced = {
  pacing: { pauseRatio: 0, targetMs: 200 },
  jobs: Math.min(16, availableParallelism()),
  brakes: { vacuum: 'off' },
} as const satisfies Effort;

export const ours: Contender = (url) => fillAll(url, unpaced);

/** As little as anybody has to give it. */
export const oursWithOneJob: Contender = (url) => fillAll(url, { ...unpaced, jobs: 1 });

async function fillAll(url: string, effort: Effort): Promise<number> {
  const ourOwn = ourChange(url, effort);
  await ourOwn.expand();
  return ourOwn.fill();
}

/** One UPDATE of all rows, without any trigger: no way of filling batch by batch is faster. */
export const limit: Contender = (url) =>
  inDatabase(url, async (client) => {
    await client.query(`alter table customers add column ${change.column} text`);
    const start = performance.now();
    await client.query(`update customers set ${change.column} = ${change.expression}`);
    return performance.now() - start;
  });

export function pgroll(file: string): Contender {
  return async (url) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-bench-pgroll-'));
    try {
      const migration = path.join(folder, '01_loud.json');
      writeFileSync(migration, JSON.stringify({ operations: [operation] }));
      return await pgrollStart(file, url, migration);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Throws when a contender has left rows out: it would be the fastest. */
export async function requireFilled(url: string): Promise<void> {
  await inDatabase(url, async (client) => {
    const { rows } = await client.query<{ column: string }>(
      `select attname as column from pg_attribute where attrelid = 'customers'::regclass and attname ~ 'loud$'`,
    );
    const [column] = rows;
    const left = await client.query<{ left: number }>(
      `select count(*)::int as left from customers where "${column?.column}" is distinct from ${change.expression}`,
    );
    if (left.rows[0]?.left !== 0)
      throw new Error(`expected every row to be filled, found ${left.rows[0]?.left} that are not`);
  });
}
