import { expect, it, onTestFinished } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { standalone } from '../../../activities/database/standalone.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase } from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 }, lockPatienceMs: 300 });

const keepForMs = 3_600_000;
const file = (name: string, ...operations: readonly object[]) => ({ name, text: JSON.stringify({ operations }) });
const shout = {
  alter_column: {
    table: 'customers',
    column: 'full_name',
    type: 'varchar(80)',
    up: 'upper(full_name)',
    down: 'full_name',
  },
};
const dropOrders = { drop_table: { name: 'orders' } };
const dropCode = { drop_column: { table: 'customers', column: 'code', down: "'none'" } };

async function filled(...operations: readonly object[]) {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  await database.sql(`alter table customers add column code text not null default 'x' check (code <> ''), add column seen serial;
    update customers set code = 'c' || id; create unique index by_code on customers (code); create index by_lower on customers (lower(code));
    create table orders (id int primary key, customer bigint not null references customers); insert into orders values (1, 1)`);
  const shop = migration(database, {}, { operations: [file('1_change.json', ...operations)], keepForMs });
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  return { database, shop };
}

const kept = async ({ url }: Scratch) => (await standalone.history({ url })).kept;
const purge = ({ url }: Scratch, ids: readonly number[]) =>
  standalone.purge(
    { url, ids, lockTimeoutMs: 200, lockPatienceMs: 10_000 },
    { signal: new AbortController().signal, onProgress: () => {} },
  );
const contract = (shop: Migration) => engine.contract(shop, phaseRun());

it('keeps the rows of columns and tables that contract would drop, in nobody’s way, until their time is over', async () => {
  const { database, shop } = await filled(shout, dropCode, dropOrders);
  await contract(shop);
  const found = await kept(database);
  expect(found.map(({ what, name }) => `${name}: ${what}`)).toEqual([
    '1_change: "public"."customers" ("full_name")',
    '1_change: "public"."customers" ("code")',
    '1_change: "public"."orders"',
  ]);
  const [old, code, orders] = found.map(({ place }) => place.replace(/.* \((.*)\)/, '$1'));
  expect(found[1]?.definitions).toEqual([
    expect.stringMatching(/^constraint customers_code_check CHECK/),
    expect.stringMatching(/^CREATE UNIQUE INDEX by_code/),
    expect.stringMatching(/^CREATE INDEX by_lower/),
    'not null',
  ]);
  expect(found[2]?.definitions).toEqual([
    expect.stringMatching(/^constraint orders_customer_fkey FOREIGN KEY/),
    expect.stringMatching(/^alter index kept_1_\d+ rename to orders_pkey$/),
  ]);
  expect(await database.sql(`select ${old} as name, ${code} as code from customers order by id`)).toEqual(
    [1, 2, 3].map((id) => ({ name: `Ann Lee${id}`, code: `c${id}` })),
  );
  expect(await database.value(`select customer::int from ${orders}`)).toBe(1);
  // Neither fails what the new version writes, nor costs it.
  await database.sql(
    `insert into public_1_change.customers (full_name) values ('NEW'), ('NEWER'); delete from customers where id = 1`,
  );
  expect(await database.value(`select count(${old})::int + count(${code})::int from customers where id > 3`)).toBe(0);
  expect(
    await database.sql(
      `select indexrelid::regclass::text as index from pg_index where indrelid = 'customers'::regclass`,
    ),
  ).toEqual([{ index: 'customers_pkey' }]);

  // No later version sees any of it, and its names may be taken again.
  const next = file('2_next.json', {
    create_table: { name: 'orders', columns: [{ name: 'id', type: 'int', pk: true }] },
  });
  const later = { ...shop, operations: [...(shop.operations ?? []), next] };
  await engine.expand(later, phaseRun());
  expect(
    await database.value(
      `select string_agg(attname, ' ' order by attnum) from pg_attribute where attrelid = 'public_2_next.customers'::regclass and attnum > 0`,
    ),
  ).toBe('id seen full_name');

  const idsOver = async () => (await kept(database)).filter(({ isOver }) => isOver).map(({ id }) => id);
  expect(await idsOver()).toEqual([]);
  await database.sql(
    `update sluice.schema_kept set keep_until = now() where attnum is null or what like '%full_name%'`,
  );
  const shown = await idsOver();
  // Over its time by now, and nobody has seen that.
  await database.sql(`update sluice.schema_kept set keep_until = now()`);
  const gone = (await purge(database, shown)).map(({ what }) => what);
  expect(gone).toEqual(['"public"."customers" ("full_name")', '"public"."orders"']);
  expect(await database.value(`select to_regclass('${orders}')`)).toBe(null);
  expect((await kept(database)).map(({ place }) => place)).toEqual([`public.customers (${code})`]);
  // What a person has given a name again is theirs.
  await database.sql(`alter table customers rename column ${code} to code`);
  expect(
    await purge(
      database,
      found.map(({ id }) => id),
    ),
  ).toEqual([]);
  expect(await database.value(`select code from customers where id = 2`)).toBe('c2');
  // Purging changes tables that an open change is about, and is nobody's drift.
  await engine.backfill(later, phaseRun());
});

it('goes on keeping when contract was stopped in between, however it is told to go on', async () => {
  const { database, shop } = await filled(dropCode, dropOrders);
  const other = await database.connect('other');
  await other.query('begin; lock table orders in access share mode');
  await expect(contract(shop)).rejects.toMatchObject({ code: 'database-locked' });
  expect(await kept(database)).toHaveLength(1);
  await other.query('commit');
  const { keepForMs: _forgotten, ...without } = shop;
  await contract(without);
  expect((await kept(database)).map(({ what }) => what)).toEqual([
    '"public"."customers" ("code")',
    '"public"."orders"',
  ]);
  const ids = (await kept(database)).map(({ id }) => id);
  expect(await purge(database, ids)).toHaveLength(2);
  expect(await database.value('select count(*)::int from sluice.schema_kept')).toBe(0);
});

it('keeps tables of two schemas that are called the same, with indexes and sequences that are', async () => {
  const database = await scratchDatabase();
  const drop = file('1_drop.json', { drop_table: { name: 'Events' } });
  for (const schema of ['a', 'b']) {
    await database.sql(`create schema ${schema};
      create table ${schema}."Events" (id serial primary key, n bigint generated always as identity, "At" date); create index "By at" on ${schema}."Events" ("At");
      insert into ${schema}."Events" ("At") values (now())`);
    const url = new URL(database.url);
    url.searchParams.set('options', `-c search_path=${schema}`);
    const shop = migration({ url: url.href }, {}, { operations: [drop], keepForMs });
    await engine.expand(shop, phaseRun());
    await engine.backfill(shop, phaseRun());
    await contract(shop);
  }
  const found = await kept(database);
  expect(found.map(({ what }) => what)).toEqual(['"a"."Events"', '"b"."Events"']);
  for (const { place, definitions } of found) {
    await database.sql(`insert into ${place} ("At") values (now()); set search_path = sluice_kept; ${definitions.join('; ')}; reset search_path;
      alter table ${place} set schema public; alter table ${place.replace('sluice_kept', 'public')} rename to "Events"`);
    expect(
      await database.value(
        `select string_agg(relname, ', ' order by relname collate "C") from pg_class where relnamespace = 'public'::regnamespace and relname <> 'flyway_schema_history'`,
      ),
    ).toBe('By at, Events, Events_id_seq, Events_n_seq, Events_pkey');
    expect(await database.sql('select id, n::int from public."Events"')).toEqual([1, 2].map((n) => ({ id: n, n })));
    await database.sql('drop table public."Events"');
  }
});

it('is refused before anything has begun where its role may not keep, and says what to grant', async () => {
  const database = await scratchDatabase();
  const role = `keeper_${process.pid}_${Date.now()}`;
  const name = new URL(database.url).pathname.slice(1);
  await database.sql(`create role ${role} login password 'secret'; grant create on database ${name} to ${role};
    create table orders (id int primary key); alter table orders owner to ${role}; grant create on schema public to ${role}`);
  onTestFinished(async () => void (await database.sql(`drop owned by ${role}; drop role ${role}`)));
  const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
  const shop = migration({ url }, {}, { operations: [file('1_drop.json', dropOrders)], keepForMs });
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  const expectRefused = async (why: RegExp) => {
    expect((await engine.plan(shop)).refusals).toEqual([expect.stringMatching(why)]);
    await expect(contract(shop)).rejects.toMatchObject({ message: expect.stringMatching(why) as string });
    expect(await database.value('select state from sluice.schema_migration')).toBe('filled');
  };
  // Up to Postgres 14 every role may create in public.
  await database.sql(
    `revoke create on database ${name} from ${role}; revoke create on schema public from ${role}, public`,
  );
  await expectRefused(
    /found \S+ may not rename in schema public: grant create on schema public to it; \S+ may not create schema sluice_kept: grant create on database/,
  );
  await database.sql(`grant create on schema public to ${role}; create schema sluice_kept`);
  await expectRefused(/may not put tables into schema sluice_kept: grant usage, create on schema sluice_kept to it/);
  await database.sql(`grant usage, create on schema sluice_kept to ${role}`);
  await contract(shop);
  expect(await kept(database)).toHaveLength(1);
});

it('is refused before anything has begun where what goes could not be kept as it is', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table parts (id int) partition by range (id); create type mood as enum ('good', 'bad');
    create table days (id int primary key, mood mood);
    create domain code as text check (value <> ''); create domain sure as code not null; create domain proven as code check (value is not null);
    create table goods (id int primary key, code code, sure sure, proven proven, check (goods is not null));
    create table plain (id int primary key, code code)`);
  const operations = [
    file(
      '1_both.json',
      { drop_table: { name: 'parts' } },
      ...['code', 'sure', 'proven'].map((column) => ({ drop_column: { table: 'goods', column, down: "'x'" } })),
      { drop_column: { table: 'plain', column: 'code', down: "'x'" } },
      {
        change_enum: { name: 'mood', remove: [{ value: 'bad', becomes: 'good' }] },
      },
    ),
  ];
  const shop = migration(database, {}, { operations, keepForMs });
  const why =
    /found .*the columns go with their type; .*"public"\."parts" has partitions; .*"goods"\."code": goods_check is about whole rows; .*"goods"\."sure": sure refuses null; .*"proven": proven refuses null; [^;]*whole rows\. Contract without keeping it/;
  expect((await engine.plan(shop)).refusals).toEqual([expect.stringMatching(why)]);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await expect(contract(shop)).rejects.toMatchObject({ message: expect.stringMatching(why) as string });
  expect(await database.value('select state from sluice.schema_migration')).toBe('filled');

  const sql = migration(database, names, { keepForMs });
  expect((await engine.plan(sql)).refusals).toContainEqual(
    expect.stringMatching(/found SQL files: what they drop is dropped/),
  );
});
