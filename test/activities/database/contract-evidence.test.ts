import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { standalone } from '../../../activities/database/standalone.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase } from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

const shout = {
  alter_column: {
    table: 'customers',
    column: 'full_name',
    type: 'varchar(80)',
    up: 'upper(full_name)',
    down: 'full_name',
  },
};
const rename = { rename_column: { table: 'customers', from: 'full_name', to: 'name' } };

const reasonsOf = async (of: Migration) => (await engine.contractEvidence(of)).reasons;

/** Expanded and filled; nobody has an application_name that says which version it is. */
async function filled(operations: readonly object[], before = 'select 1') {
  const database = await scratchDatabase();
  await createCustomers(database, 20);
  await database.sql(before);
  const text = JSON.stringify({ operations });
  const shop = migration(database, {}, { operations: [{ name: '1_change.json', text }] });
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  return { database, shop, evidence: () => reasonsOf(shop) };
}

const pidOf = async (session: Awaited<ReturnType<Scratch['connect']>>) =>
  (await session.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;

it('sees who writes as the old version does, by name and pid, and takes nobody else for it', async () => {
  const { database, evidence } = await filled([shout]);
  const old = await database.connect('nightly');
  const newer = await database.connect('web');
  await newer.query('set search_path to public_1_change, public');
  expect(await evidence()).toEqual([]);
  await newer.query(
    `update customers set full_name = 'NEW' where id = 1; insert into customers (full_name) values ('NEW')`,
  );
  expect(await evidence()).toEqual([]);

  const told = [
    expect.stringMatching(
      new RegExp(
        `^pid ${await pidOf(old)} "nightly", last statement begun \\d+ s ago wrote customers as the old version does \\d+ s ago; stop it`,
      ),
    ),
  ];
  await old.query(`update customers set full_name = 'old' where id = 2`);
  expect(await evidence()).toEqual(told);
  // What is over does not come back.
  expect(await evidence()).toEqual([]);
  await expect
    .poll(async () => {
      await old.query(`insert into customers (full_name) values ('old')`);
      return evidence();
    })
    .toEqual(told);
});

it('takes neither what it carries over from the other table nor its own triggers for the old version', async () => {
  const move = {
    move_column: { table: 'customers', column: 'mail', to: 'contacts', key: { from: 'id', to: 'customer' } },
  };
  const tables = `alter table customers add column mail text;
    create table contacts (customer bigint not null unique); insert into contacts select id from customers`;
  const { database, evidence } = await filled([move], tables);
  const [old, newer] = [await database.connect('nightly'), await database.connect('web')];
  await newer.query('set search_path to public_1_change, public');
  expect(await evidence()).toEqual([]);
  await newer.query(`update contacts set mail = 'new' where customer = 1`);
  expect(await database.value('select mail from customers where id = 1')).toBe('new');
  expect(await evidence()).toEqual([]);
  // In one transaction with it, too: what is carried over hides nothing that comes after.
  await old.query(`begin; set local search_path to public_1_change, public; update contacts set mail = 'new' where customer = 2;
    set local search_path to public; update customers set mail = 'old' where id = 3; commit`);
  expect(await evidence()).toEqual([expect.stringMatching(/"nightly".* wrote customers as the old version does/)]);
});

it('takes nobody for the old version whose row has a number from the database', async () => {
  const tables = `create table tickets (id serial primary key, note text);
    create table bills (id int generated always as identity primary key, note text);
    create table people (id int primary key, given text default 'Ann', family text)`;
  const merge = {
    merge_columns: {
      table: 'people',
      from: [
        { column: 'given', down: `split_part(name, ' ', 1)` },
        { column: 'family', down: `split_part(name, ' ', 2)` },
      ],
      into: { name: 'name', type: 'text', nullable: true, up: `concat_ws(' ', given, family)` },
    },
  };
  const widen = (table: string) => ({ widen_key: { table } });
  const { database, evidence } = await filled([widen('tickets'), widen('bills'), merge], tables);
  const [old, newer] = [await database.connect('nightly'), await database.connect('web')];
  await newer.query('set search_path to public_1_change, public');
  expect(await evidence()).toEqual([]);
  await newer.query(
    `insert into tickets (note) values ('new'); insert into bills (note) values ('new'); insert into people (id) values (1)`,
  );
  expect(await evidence()).toEqual([]);
  await old.query(`update tickets set id = 9; insert into people (id, family) values (2, 'Lee')`);
  expect(await evidence()).toEqual([
    expect.stringMatching(/"nightly".* wrote (tickets|people) as the old version does/),
  ]);
  await expect
    .poll(async () => {
      await old.query(`insert into people (id, family) select max(id) + 1, 'Lee' from people`);
      return evidence();
    })
    .toEqual([expect.stringMatching(/"nightly".* wrote people as the old version does/)]);
});

it('never fails or holds up a write for the mark’s sake, and leaves no mark behind', async () => {
  const { database, shop } = await filled([shout]);
  const [one, other] = [await database.connect('a'), await database.connect('a')];
  const role = `writer_${Date.now()}`;
  await database.sql(`create role ${role}; grant insert, update, select on customers to ${role}`);
  await one.query(`set role ${role}; begin; update customers set full_name = 'x' where id = 1`);
  await other.query(`set role ${role}; update customers set full_name = 'x' where id = 2`);
  await one.query('commit');
  expect(await database.value('select count(*)::int from sluice.schema_old_write')).toBe(2);
  await database.sql('alter table sluice.schema_old_write rename to gone');
  // Another name, so that its mark is due at once.
  await other.query(`set application_name = 'b'; update customers set full_name = 'y' where id = 2`);
  expect(await database.value(`select full_name from public_1_change.customers where id = 2`)).toBe('Y');
  await database.sql('alter table sluice.gone rename to schema_old_write');
  await engine.contract(shop, phaseRun());
  expect(await database.value('select count(*)::int from sluice.schema_old_write')).toBe(0);
  await database.sql(`drop owned by ${role}; drop role ${role}`);
});

it('names views, functions and policies that need what goes, in operations and in SQL', async () => {
  const dependents = `create view report as select full_name from customers;
    create function greet() returns trigger language plpgsql as $$ begin NEW.full_name := trim(NEW.full_name); return NEW; end $$;
    create trigger greet before insert on customers for each row execute function greet();
    create function count_all() returns bigint language sql as $$ select count(*) from customers $$;
    create function longest() returns int language sql as $$ select max(length(full_name)) from customers $$`;
  const needs = (user: string) =>
    `${user} needs customers.full_name, which contract takes away; drop or change it first`;
  const { evidence } = await filled([rename], dependents);
  expect(await evidence()).toEqual([needs('function greet()'), needs('function longest()')]);

  const database = await scratchDatabase();
  await createCustomers(database, 2);
  await database.sql(`${dependents}; create policy mine on customers using (full_name <> '')`);
  const shop = migration(database, names);
  expect((await reasonsOf(shop)).toSorted()).toEqual(
    ['function greet()', 'function longest()', 'policy mine on table customers', 'view report'].map(needs),
  );
  // What contract itself takes away, or makes anew, keeps nobody from it.
  const contract = `drop trigger greet on customers; drop function greet(); drop view report; drop policy mine on customers;
    create or replace function longest() returns int language sql as 'select 1'; ${names['contract/V2.3__full_name.sql']}`;
  expect(await reasonsOf(migration(database, { ...names, 'contract/V2.3__full_name.sql': contract }))).toEqual([]);
});

it('sees the views of an old version in open transactions, and roles that lead to them', async () => {
  const { database, shop } = await filled([rename]);
  const more = {
    ...shop,
    operations: [
      ...(shop.operations ?? []),
      {
        name: '2_more.json',
        text: JSON.stringify({
          operations: [{ add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } } }],
        }),
      },
    ],
  };
  await engine.contract(shop, phaseRun());
  await engine.expand(more, phaseRun());
  await engine.backfill(more, phaseRun());
  const role = `shop_1_${Date.now()}`;
  await database.sql(`create role ${role} login; grant select on all tables in schema public_1_change to ${role};
    grant usage on schema public_1_change to ${role}; alter role ${role} set search_path = public_1_change, public`);
  const reader = await database.connect('reader');
  await reader.query('begin; select count(*) from public_1_change.customers');
  expect(await reasonsOf(more)).toEqual([
    expect.stringMatching(
      /^pid \d+ "reader".* has public_1_change\.customers of the old version open in a transaction/,
    ),
  ]);
  await reader.query('commit');
  expect(await reasonsOf(more)).toEqual([]);
  await database.sql(`alter role ${role} password 'secret'`);
  const led = new pg.Client({
    connectionString: Object.assign(new URL(database.url), { username: role, password: 'secret' }).href,
    application_name: 'led',
  });
  await led.connect();
  expect(await reasonsOf(more)).toEqual([
    expect.stringMatching(/^pid \d+ "led".* has public_1_change of the old version in its role’s search_path/),
  ]);
  await led.end();
  await database.sql(`drop owned by ${role}; drop role ${role}`);
});

it('sees statements that name what goes and are run again, where the server counts them', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 2);
  await database.sql('create extension pg_stat_statements; create table full_names (id int)');
  const shop = migration(database, names);
  await database.sql('select max(full_name) from customers');
  expect(await reasonsOf(shop)).toEqual([]);
  await database.sql('select count(*) from full_names, customers');
  expect(await reasonsOf(shop)).toEqual([]);
  await database.sql('select max(full_name) from customers');
  expect(await reasonsOf(shop)).toEqual([
    expect.stringMatching(
      /^role \w+ still runs a statement of the old version: select max\(full_name\) from customers; find who runs it/,
    ),
  ]);
  expect(await reasonsOf(shop)).toEqual([]);
});

it('says what its role is not shown of the statements that are run, and what to grant; it is no reason', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 2);
  const role = `plain_${process.pid}_${Date.now()}`;
  await database.sql(`create role ${role} login password 'secret'`);
  onTestFinished(async () => void (await database.sql(`drop owned by ${role}; drop role ${role}`)));
  const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
  const shop = migration({ url }, names);
  const order = { url, files: shop.files, lockTimeoutMs: 200, lockPatienceMs: 1_000 };
  const expectUnseen = async (...unseen: readonly unknown[]) => {
    expect(await engine.contractEvidence(shop)).toEqual({ reasons: [], unseen });
    expect((await engine.plan(shop)).unseen ?? []).toEqual(unseen);
    expect((await standalone.standing(order)).unseen ?? []).toEqual(unseen);
  };
  await expectUnseen(
    'not looked at: statements that are run, as nobody counts them here; create extension pg_stat_statements',
  );
  await database.sql('create schema stats; create extension pg_stat_statements schema stats');
  await expectUnseen(
    `not looked at: statements that are run, as ${role} may not; grant usage on schema stats and select on stats.pg_stat_statements to ${role}`,
  );
  await database.sql(`grant usage on schema stats to ${role}`);
  await expectUnseen(
    `not looked at: statements of other roles, as ${role} is not shown them; grant pg_read_all_stats to ${role}`,
  );
  await database.sql('select max(full_name) from customers');
  await expectUnseen(expect.stringMatching(/^not looked at: statements of other roles/));
  const old = await database.connect('shop-1');
  expect(await reasonsOf(shop)).toEqual([
    `pid ${await pidOf(old)} "shop-1", of which this role is shown no more: grant pg_read_all_stats to it`,
  ]);
  await old.end();
  await expect.poll(() => reasonsOf(shop), { timeout: 30_000 }).toEqual([]);
  await database.sql(`grant pg_read_all_stats to ${role}`);
  await expectUnseen();
  // Beside other tests the server may put one out, and count anew.
  const used = () => database.sql('select max(full_name) from customers').then(() => engine.contractEvidence(shop));
  await expect.poll(used, { timeout: 30_000 }).toEqual({
    reasons: [expect.stringMatching(/^role \w+ still runs a statement of the old version: select max/)],
    unseen: [],
  });
  // Where nothing goes there is nothing to look for.
  const nothing = migration({ url }, { 'expand/V1__a.sql': 'select 1', 'expand/U1__a.sql': 'select 1' });
  expect(await engine.contractEvidence(nothing)).toEqual({ reasons: [], unseen: [] });
});
