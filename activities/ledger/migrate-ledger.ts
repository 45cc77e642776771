import { readFile, readdir } from 'node:fs/promises';
import type { Pool } from 'pg';
import { ReleaseError } from '../../domain/failure.js';

const folder = new URL('./migrations/', import.meta.url);

/** Any constant will do; it only has to be ours. */
const lockKey = 7_355_082_001;

/**
 * Brings the ledger's schema `sluice` to this program's version. Safe when several workers start at once. A ledger
 * that is ahead of this program is refused: an older worker must not write to it.
 */
export async function migrateLedger(pool: Pool): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    await client.query('create schema if not exists sluice');
    await client.query(
      'create table if not exists sluice.migration (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from sluice.migration order by name');
    const applied = new Set(rows.map((row) => row.name));
    const unknown = [...applied].filter((name) => !files.includes(name));
    if (unknown.length > 0) {
      throw new ReleaseError(
        'ledger-ahead',
        `the ledger has ${unknown.join(', ')}, which this program does not know: it is newer`,
      );
    }
    for (const name of files.filter((file) => !applied.has(file))) {
      await client.query(await readFile(new URL(name, folder), 'utf8'));
      await client.query('insert into sluice.migration (name) values ($1)', [name]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
