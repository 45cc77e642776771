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
  const files = await migrationFiles();
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    // Looked for first: `if not exists` asks for the right to create also where nothing is to be created.
    const { rows: present } = await client.query<{ schema: string | null; table: string | null }>(
      "select to_regnamespace('sluice') as schema, to_regclass('sluice.migration') as table",
    );
    if ((present[0]?.schema ?? null) === null) await client.query('create schema sluice');
    if ((present[0]?.table ?? null) === null) {
      await client.query(
        'create table sluice.migration (name text primary key, applied_at timestamptz not null default now())',
      );
    }
    const { rows } = await client.query<{ name: string }>('select name from sluice.migration order by name');
    const applied = rows.map((row) => row.name);
    for (const name of missingOf(files, applied)) {
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

export interface LedgerSchema {
  /** Names of migrations, oldest first. */
  readonly applied: readonly string[];
  readonly missing: readonly string[];
}

/** What of the ledger's schema is there; changes nothing. `ledger-ahead` as above. */
export async function readLedgerSchema(pool: Pool): Promise<LedgerSchema> {
  const files = await migrationFiles();
  const { rows: tables } = await pool.query<{ found: string | null }>(
    "select to_regclass('sluice.migration') as found",
  );
  if ((tables[0]?.found ?? null) === null) return { applied: [], missing: files };
  const { rows } = await pool.query<{ name: string }>('select name from sluice.migration order by name');
  const applied = rows.map((row) => row.name);
  return { applied, missing: missingOf(files, applied) };
}

async function migrationFiles(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}

function missingOf(files: readonly string[], applied: readonly string[]): readonly string[] {
  const unknown = applied.filter((name) => !files.includes(name));
  if (unknown.length === 0) return files.filter((name) => !applied.includes(name));
  throw new ReleaseError(
    'ledger-ahead',
    `the ledger has ${unknown.join(', ')}, which this program does not know: it is newer`,
  );
}
