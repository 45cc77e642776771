import type { Postgres } from '../../embedded/postgres.js';
import { ourChange, requireFilled, unpaced } from './contenders.js';
import { createTable, dropTable } from './table.js';

/** What the engine's own process holds in memory while it fills a long table; megabytes. */
export interface LongTable {
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly batches: number;
  /** Largest in the first tenth of the rows, and in the last one. */
  readonly memory: { readonly first: number; readonly last: number };
}

export async function measureLongTable(postgres: Postgres, rows: number): Promise<LongTable> {
  const name = 'long_bench';
  const url = await createTable(postgres, { name, rows, variant: 'plain' });
  try {
    const change = ourChange(url, unpaced);
    await change.expand();
    let [first, last, batches] = [0, 0, 0];
    const took = await change.fill(({ rows: filled }) => {
      if (filled === undefined) return;
      batches++;
      const held = process.memoryUsage().rss / 2 ** 20;
      if (filled.done < rows / 10) first = Math.max(first, held);
      if (filled.done > (rows * 9) / 10) last = Math.max(last, held);
    });
    await requireFilled(url);
    return { rows, rowsPerSecond: (rows * 1_000) / took, batches, memory: { first, last } };
  } finally {
    await dropTable(postgres, name);
  }
}
