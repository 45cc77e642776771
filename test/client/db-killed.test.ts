import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createCustomers, type Scratch, scratchDatabase } from '../activities/database/scratch.js';
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
  const args = (verb: string, more: readonly string[]) => ['db', verb, '--dir', dir, '--url', database.url, ...more];
  const waits = (verb: string) =>
    database.value<number>(
      `select count(*)::int from pg_stat_activity where application_name = 'sluice/${verb}' and wait_event_type = 'Lock'`,
    );
  return {
    database,
    db: (verb: string, ...more: string[]) => sluice(args(verb, more)),
    start: (verb: string, ...more: string[]) => startSluice(args(verb, more)),
    waits: (verb: string) => expect.poll(() => waits(verb), { interval: 20 }).toBeGreaterThan(0),
    state: () =>
      database.value<string>(`select state || ' ' || steps from sluice.schema_migration where name = '1_change'`),
  };
}

/** A gate at the commit of whatever does such a thing to the table: all of its transaction is done, and nothing in effect. */
async function commitGate({ sql, connect }: Scratch, table: string, when: string) {
  await sql(`create or replace function gate() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(1); return null; end';
    create constraint trigger gate_${when.split(' ')[0]} after ${when.replace(/ when .*/, '')} on ${table} deferrable initially deferred
    for each row ${/ when .*/.exec(when)?.[0] ?? ''} execute function gate()`);
  const holder = await connect();
  return {
    close: () => holder.query('select pg_advisory_lock(1)'),
    /** The server still has to notice that a client is dead: one that it let through would commit. */
    async open(killed: string) {
      const sessions = () => sql(`select from pg_stat_activity where application_name = $1`, [`sluice/${killed}`]);
      await expect.poll(sessions, { interval: 20 }).toEqual([]);
      await holder.query('select pg_advisory_unlock(1)');
    },
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

  it('between taking rights and the record of it, or giving them back: each right is there or written down', async () => {
    const { database, db, start, waits } = await change([dropName, dropOrders]);
    const app = `app_${process.pid}_${Date.now()}`;
    await database.sql(`create role ${app} login; grant select, update on customers to ${app} with grant option; grant all on orders to ${app};
      grant select (full_name) on customers to public`);
    onTestFinished(async () => void (await database.sql(`drop owned by ${app}; drop role ${app}`)));
    for (const verb of ['expand', 'backfill']) expect((await db(verb)).exitCode).toBe(0);
    const before = await rightsIn(database);
    const soft = ['contract', '--soft', '--unproven'] as const;
    expect((await db(...soft)).exitCode).toBe(0);
    expect((await db('contract', '--reopen')).exitCode).toBe(0);
    expect(await rightsIn(database)).toEqual(before);

    const closing = await commitGate(
      database,
      'sluice.schema_closed',
      `insert when (new.relation = 'public.customers')`,
    );
    const reopening = await commitGate(database, 'sluice.schema_closed', 'delete');
    const closed = () => database.value<string>(`select string_agg(relation, ' ') from sluice.schema_closed`);
    const mayRead = (what: string) =>
      database.value<boolean>(`select has_column_privilege('${app}', ${what}, 'SELECT')`);
    const ways: readonly [string, ...string[]][] = [['contract', '--reopen'], ['rollback']];
    for (const back of ways) {
      await closing.close();
      const running = start(...soft);
      await waits('contract');
      await kill(running);
      await closing.open('contract');
      expect(await closed()).toBe('public.orders');
      expect(await mayRead(`'orders', 'id'`)).toBe(false);
      expect(await mayRead(`'customers', 'full_name'`)).toBe(true);

      await reopening.close();
      const opening = start(...back);
      await waits('rollback');
      await kill(opening);
      await reopening.open('rollback');
      expect(await closed()).toBe('public.orders');
      expect(await mayRead(`'orders', 'id'`)).toBe(false);
      expect((await db(...back)).exitCode).toBe(0);
      expect(await closed()).toBe(null);
      expect(await rightsIn(database)).toEqual(before);
    }
  });

  it('between putting data aside and the record of it, or dropping it: it is where it was, or is written down', async () => {
    const { database, db, start, waits, state } = await change([dropName, dropOrders]);
    for (const verb of ['expand', 'backfill']) expect((await db(verb)).exitCode).toBe(0);
    const contracting = await commitGate(
      database,
      'sluice.schema_migration',
      `update when (new.state = 'contracting' and new.steps > 0)`,
    );
    await contracting.close();
    const contract = start('contract', '--unproven', '--keep', '14d');
    await waits('contract');
    await kill(contract);
    await contracting.open('contract');
    expect(await state()).toBe('contracting 0');
    expect(await database.value(`select count(full_name)::int from customers`)).toBe(2_000);
    expect(await database.value('select count(*)::int from sluice.schema_kept')).toBe(0);
    // It goes on as it was begun, whatever it is told.
    expect((await db('contract', '--unproven')).exitCode).toBe(0);
    const kept = () => database.value<string>(`select string_agg(what, ' ' order by id) from sluice.schema_kept`);
    expect(await kept()).toBe('"public"."customers" ("full_name") "public"."orders"');

    const purging = await commitGate(database, 'sluice.schema_kept', `delete when (old.what like '%orders%')`);
    await purging.close();
    const purge = ['db', 'purge', '--all', '--url', database.url];
    const running = startSluice(purge);
    await waits('purge');
    await kill(running);
    await purging.open('purge');
    expect(await kept()).toBe('"public"."orders"');
    const tables = () =>
      database.value<number>(`select count(*)::int from pg_class where relname like 'kept%' and relkind = 'r'`);
    expect(await tables()).toBe(1);
    expect((await sluice(purge)).exitCode).toBe(0);
    expect(await kept()).toBe(null);
    expect(await tables()).toBe(0);
  });
});

const dropName = { drop_column: { table: 'customers', column: 'full_name', down: "'none'" } };
const dropOrders = { drop_table: { name: 'orders' } };

async function rightsIn({ sql }: Scratch): Promise<readonly string[]> {
  const rows = await sql<{ right: string }>(
    `select concat_ws(' ', place, attname, privilege_type, grantee::regrole, grantor::regrole, is_grantable) as right
     from (select oid::regclass as place, null as attname, acl.* from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl
       union all select attrelid::regclass, attname, acl.* from pg_attribute, aclexplode(attacl) as acl where not attisdropped) as found
     where place in ('customers'::regclass, 'orders'::regclass) order by 1`,
  );
  return rows.map(({ right }) => right);
}
