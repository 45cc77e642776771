import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCustomers, scratchDatabase } from '../activities/database/scratch.js';
import { sluice, startSluice } from './command-line.js';

const root = mkdtempSync(path.join(tmpdir(), 'sluice-db-killed-'));
afterAll(() => rmSync(root, { recursive: true }));

const add = (table: string, more: object = { up: 'lower(full_name)' }) => ({
  add_column: { table, column: { name: 'email', type: 'text', nullable: true }, ...more },
});

async function change(operations: readonly object[]) {
  const dir = mkdtempSync(path.join(root, 'change-'));
  writeFileSync(path.join(dir, '1_change.json'), JSON.stringify({ operations }));
  const database = await scratchDatabase();
  await createCustomers(database, 2_000);
  await database.sql('create table orders (id int primary key)');
  const args = (verb: string) => ['db', verb, '--dir', dir, '--url', database.url];
  const waits = (verb: string) =>
    database.value<number>(
      `select count(*)::int from pg_stat_activity where application_name = 'sluice/${verb}' and wait_event_type = 'Lock'`,
    );
  return {
    database,
    db: (verb: string) => sluice(args(verb)),
    start: (verb: string) => startSluice(args(verb)),
    waits: (verb: string) => expect.poll(() => waits(verb), { interval: 20 }).toBeGreaterThan(0),
    state: () =>
      database.value<string>(`select state || ' ' || steps from sluice.schema_migration where name = '1_change'`),
  };
}

type Running = ReturnType<typeof startSluice>;

async function kill({ process, ended }: Running): Promise<void> {
  process.kill('SIGKILL');
  expect((await ended).exitCode).toBe(null);
}

describe('killed by SIGKILL, sluice db goes on', () => {
  it('between two cuts of expand, and takes back what a killed one has left', async () => {
    const { database, db, start, state } = await change([add('customers'), add('orders', {})]);
    const reader = await database.connect();
    for (const goOn of ['rollback', 'expand']) {
      await reader.query('begin; lock table orders in access share mode');
      const expand = start('expand');
      await expect.poll(state, { interval: 20 }).toBe('expanding 1');
      await kill(expand);
      await reader.query('commit');
      expect(await db('plan')).toMatchObject({ exitCode: 0, stderr: '' });
      expect((await db(goOn)).exitCode).toBe(0);
    }
    expect(await state()).toBe('expanded 0');
    expect(await database.value('select count(email)::int from public_1_change.orders')).toBe(0);
  });

  it('in the middle of a batch of backfill, with no row left out and none filled twice', async () => {
    const { database, db, start, waits } = await change([add('customers')]);
    expect((await db('expand')).exitCode).toBe(0);
    const holder = await database.connect();
    await holder.query('begin; select from customers where id = 1999 for update');
    const backfill = start('backfill');
    await waits('backfill');
    await kill(backfill);
    const filled = await database.value<number>('select count(email)::int from customers');
    expect(filled).toBeGreaterThan(0);
    expect(await database.value('select rows::int from sluice.schema_backfill')).toBe(filled);
    await holder.query('commit');
    expect((await db('backfill')).stdout).toContain('2,000 rows');
    expect(await database.value('select count(email)::int from customers')).toBe(2_000);
    expect((await db('verify')).exitCode).toBe(0);
  });

  it('between a concurrent build and its record, and takes the index for its own', async () => {
    const index = { create_index: { table: 'customers', name: 'by_name', columns: [{ column: 'full_name' }] } };
    const { database, db, start, state } = await change([index]);
    expect((await db('expand')).exitCode).toBe(0);
    // The build waits for whoever is older than it, at the server: it ends there while nobody hears of it.
    const older = await database.connect();
    await older.query('begin isolation level repeatable read; select count(*) from orders');
    const backfill = start('backfill');
    const valid = () =>
      database.value<boolean>(`select indisvalid from pg_index where indexrelid = to_regclass('by_name')`);
    await expect.poll(valid, { interval: 20 }).toBe(false);
    backfill.process.kill('SIGSTOP');
    await older.query('commit');
    await expect.poll(valid).toBe(true);
    await kill(backfill);
    const built = await database.value<number>(`select 'by_name'::regclass::oid::int`);
    expect(await state()).toBe('expanded 0');
    expect(await db('plan')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await db('backfill')).exitCode).toBe(0);
    expect(await database.value(`select 'by_name'::regclass::oid::int`)).toBe(built);
    expect(await state()).toBe('filled 0');
  });
});
