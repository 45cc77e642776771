import pg from 'pg';
import type { Postgres } from '../../embedded/postgres.js';

/** `freshly loaded`: nobody has vacuumed or analysed it, and autovacuum does not come. */
export const variants = ['plain', 'three indexes', 'freshly loaded'] as const;

export type Variant = (typeof variants)[number];

/** What is filled: a text of its own for each row. */
export const change = { column: 'loud', expression: 'upper(name)' };

/** A new database with a table of that many rows, as every contender finds it. */
export async function createTable(
  postgres: Postgres,
  { name, rows, variant }: { readonly name: string; readonly rows: number; readonly variant: Variant },
): Promise<string> {
  await inDatabase(postgres.url('postgres'), (client) => client.query(`create database ${name}`));
  const url = postgres.url(name);
  await inDatabase(url, async (client) => {
    await client.query(
      'create table customers (id bigint primary key, name text not null, mail text not null, born date not null)',
    );
    if (variant === 'freshly loaded') await client.query('alter table customers set (autovacuum_enabled = off)');
    await client.query(`insert into customers
      select n, 'Ann Lee ' || n, n || '@example.org', date '1970-01-01' + (n % 18000)::int from generate_series(1, ${rows}) n`);
    if (variant === 'three indexes') {
      for (const column of ['name', 'mail', 'born']) await client.query(`create index on customers (${column})`);
    }
    if (variant !== 'freshly loaded') await client.query('vacuum analyze customers');
    await client.query('checkpoint');
  });
  return url;
}

export async function dropTable(postgres: Postgres, name: string): Promise<void> {
  await inDatabase(postgres.url('postgres'), (client) => client.query(`drop database ${name} with (force)`));
}

/** Bytes of the server's log so far. */
export function writtenBytes(url: string): Promise<number> {
  return inDatabase(url, async (client) => {
    const { rows } = await client.query<{ written: number }>(
      `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as written`,
    );
    return rows[0]?.written ?? 0;
  });
}

export async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
