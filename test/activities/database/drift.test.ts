import { expect, it } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

const addEmail = {
  add_column: { table: 'customers', column: { name: 'email', type: 'text' }, up: 'lower(full_name)' },
};
const index = { create_index: { table: 'customers', name: 'by_name', columns: [{ column: 'full_name' }] } };

function emails(database: Pick<Scratch, 'url'>, operation: object = addEmail) {
  const text = JSON.stringify({ operations: [operation] });
  return migration(database, {}, { operations: [{ name: '1_email.json', text }] });
}

async function shopDatabase() {
  const database = await scratchDatabase();
  await createCustomers(database, 20);
  await database.sql('create table orders (id int primary key, note text)');
  return database;
}

it('stops between two phases of operations when somebody else has changed what they touch, and names it', async () => {
  const database = await shopDatabase();
  const shop = emails(database);
  await engine.expand(shop, phaseRun());
  // Nobody's business, though the new version has a view of it.
  await database.sql('alter table orders rename column note to words; create index on orders (words)');
  expect((await engine.plan(shop)).refusals).toEqual([]);

  await database.sql(`alter table customers add column nick text; create index by_nick on customers (nick);
    alter table customers disable trigger "~sluice_000001_customers_update"; drop view public_1_email.orders`);
  const { refusals } = await engine.plan(shop);
  expect(refusals).toEqual([
    expect.stringMatching(/^expected public\.customers as 1_email left it, found it changed by somebody else: .*/),
    expect.stringMatching(/^expected public_1_email\.orders as 1_email left it, .*: view is gone, was there\. Put/),
  ]);
  expect(refusals[0]).toContain('column nick is new, text; ');
  expect(refusals[0]).toContain('index by_nick is new, CREATE INDEX by_nick ON public.customers USING btree (nick)');
  expect(refusals[0]).toMatch(/trigger ~sluice_000001_customers_update is CREATE TRIGGER [^;]*…/);
  expect(refusals[0]).toMatch(/Put it back, or accept it with sluice db repair$/);
  await expect(engine.backfill(shop, phaseRun())).rejects.toMatchObject({ code: 'schema-drift' });
  expect(await database.value('select count(email)::int from customers')).toBe(0);

  await database.sql(`alter table customers enable always trigger "~sluice_000001_customers_update";
    alter table customers drop column nick; create view public_1_email.orders as select id, words as note from orders`);
  expect((await engine.plan(shop)).refusals).toEqual([expect.stringContaining('public_1_email.orders')]);
  await database.sql(`drop view public_1_email.orders`);
  // The way back never waits for somebody to look.
  await engine.rollback(shop, [], phaseRun());
  expect(await database.value('select count(*)::int from sluice.schema_picture')).toBe(0);
});

it('sees a change that slipped in while it waited for its lock', async () => {
  const database = await shopDatabase();
  const shop = emails(database);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  const other = await database.connect();
  await other.query('begin; create index by_note on customers (full_name)');
  const { run, until } = watchedRun();
  const contract = engine.contract(shop, run).catch((error: unknown) => error);
  await Promise.race([until(({ detail }) => detail.startsWith('waits for its locks')), contract]);
  await other.query('commit');
  expect(await contract).toMatchObject({ code: 'schema-drift' });
  expect(await database.value('select count(*)::int from public_1_email.customers where email is not null')).toBe(20);
});

it('takes an index for its own that a dead attempt has built and not recorded, and no other', async () => {
  const database = await shopDatabase();
  const shop = emails(database, index);
  await engine.expand(shop, phaseRun());
  await database.sql('create index by_name on customers (full_name)');
  await engine.backfill(shop, phaseRun());
  await database.sql('drop index by_name');
  await expect(engine.contract(shop, phaseRun())).rejects.toThrow('index by_name is gone, was CREATE INDEX by_name');
});

it('stops between phases of SQL, and leaves the tables to everybody once nothing is left to run', async () => {
  const database = await shopDatabase();
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await database.sql('alter table orders add column total int');
  await engine.backfill(shop, phaseRun());
  await database.sql('alter table customers alter column last_name type varchar(40)');
  await expect(engine.contract(shop, phaseRun())).rejects.toMatchObject({
    code: 'schema-drift',
    message: expect.stringContaining('column last_name is character varying(40), was text') as string,
  });
  await database.sql('alter table customers alter column last_name type text');
  await engine.contract(shop, phaseRun());

  await database.sql('alter table customers add column nick text');
  const next = migration(database, {
    ...names,
    'expand/V3.1__phone.sql': 'alter table customers add column phone text',
    'expand/U3.1__phone.sql': 'alter table customers drop column phone',
  });
  await engine.expand(next, phaseRun());
});
