import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createOperationsEngine } from '../../activities/database/operations-engine.js';
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

/** Without pauses: what the engine can do, not what it does beside a service. */
export const ours: Contender = async (url) => {
  const engine = createOperationsEngine({ pacing: { pauseRatio: 0 } });
  const text = JSON.stringify({ operations: [operation] });
  const migration = {
    lane: 'bench',
    url,
    files: [],
    operations: [{ name: '01_loud.json', text }],
    lockTimeoutMs: 200,
  };
  const run = { generation: 1, signal: new AbortController().signal, onProgress: () => {} };
  await engine.expand(migration, run);
  const start = performance.now();
  await engine.backfill(migration, run);
  return performance.now() - start;
};

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
