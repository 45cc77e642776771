import { expect, it } from 'vitest';
import { createOperationsEngine } from '../../../../activities/database/operations-engine.js';
import { connect } from '../../../../activities/database/connection.js';
import { chooseWalk } from '../../../../activities/database/operations/walk.js';
import { migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from '../scratch.js';

const engine = createOperationsEngine({ pacing: { pauseRatio: 0, targetMs: 1 } });
const slowEngine = createOperationsEngine({ pacing: { pauseRatio: 50, targetMs: 1 } });
const rows = 3_000;
const halves = [0, 1]
  .map((n) => `create table goods_${n} partition of goods for values with (modulus 2, remainder ${n});`)
  .join(' ');

/**
 * A table of `rows` rows with a column `name`, and a move of some rows to where the walk has been, or does not come. Those
 * in partitions are gone through along their key, the others page by page.
 */
const tables: readonly (readonly [kind: string, create: string, move: string])[] = [
  [
    'a key of two columns, few of the first, in partitions',
    `create table goods (shop int, name text, id bigint, primary key (shop, id)) partition by hash (id);
     ${halves}
     insert into goods select n % 2, 'good ' || n, n from generate_series(1, ${rows}) n`,
    `update goods set shop = -1 where id % 100 = 0; update goods set shop = 9 where id % 100 = 1`,
  ],
  [
    'a key of three other types, one of them a date, in partitions',
    `create table goods (day timestamptz, kind char(3), price numeric(12, 2), name text, unique (day, kind, price)) partition by hash (price);
     ${halves}
     alter table goods alter day set not null, alter kind set not null, alter price set not null;
     insert into goods select case when n = 1 then '-infinity' else '2026-03-29 00:30+00'::timestamptz + n % 7 * interval '30 min' end,
       case n % 2 when 0 then 'a' else 'B"' end, n / 100.0, 'good ' || n from generate_series(1, ${rows}) n`,
    `update goods set day = '1900-01-01' where price < 1; update goods set day = 'infinity' where price > 29`,
  ],
  [
    'a key of uuids, the least of them as well, in partitions',
    `create table goods (id uuid primary key, name text) partition by hash (id);
     ${halves}
     insert into goods select case n when 1 then '00000000-0000-0000-0000-000000000000' else md5(n::text)::uuid end, 'good ' || n
       from generate_series(1, ${rows}) n`,
    `update goods set id = '00000000-0000-0000-0000-000000000001' where name = 'good 2'`,
  ],
  [
    'a key of texts in a collation, the empty one as well, in partitions',
    `create table goods ("Key" varchar(40) collate "C" primary key, name text) partition by hash ("Key");
     ${halves}
     insert into goods select case n when 1 then '' else 'ä"\\,' || n end, 'good ' || n from generate_series(1, ${rows}) n`,
    `update goods set "Key" = '!' where name = 'good 3'; update goods set "Key" = 'ü' where name = 'good 4'`,
  ],
  [
    'a key',
    `create table goods (id int primary key, name text);
     insert into goods select n, 'good ' || n from generate_series(1, ${rows}) n`,
    `update goods set id = -id where id % 10 = 0; delete from goods where id % 10 = 1; insert into goods select ${rows} + n, 'new ' || n from generate_series(1, ${rows / 10}) n`,
  ],
  [
    'no key at all',
    `create table goods (id int, name text);
     insert into goods select n, 'good ' || n from generate_series(1, ${rows}) n`,
    `update goods set id = -1 where id % 10 = 0; delete from goods where id % 10 = 1; insert into goods select n, 'new ' || n from generate_series(1, ${rows / 10}) n`,
  ],
  [
    'no key, in partitions',
    `create table goods (id int, name text) partition by list (id);
     create table goods_0 partition of goods for values in (0); create table goods_1 partition of goods for values in (1);
     insert into goods select (n > 100)::int, 'good ' || n from generate_series(1, ${rows}) n`,
    `update goods set id = 1 - id where name like '%7'`,
  ],
];

it.each(tables)('fills a table with %s, killed in the middle and with rows that move', async (_, create, move) => {
  const database = await scratchDatabase();
  await database.sql(create);
  const shop = change(database);
  await engine.expand(shop, phaseRun());
  const { run, until } = watchedRun();
  const filling = slowEngine.backfill(shop, run).catch((error: unknown) => error);
  await until(({ rows }) => (rows?.done ?? 0) > 0);
  await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'sluice/backfill'`);
  expect(await filling).toMatchObject({ code: 'database-unreachable' });
  const done = await database.value<number>('select count(*)::int from goods where _sluice_1_filled');
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(rows);

  // Past every trigger, as a rewrite of the table or a copy from elsewhere would do it.
  const mover = await database.connect();
  await mover.query(`${ours('disable')}; ${move}; ${ours('enable always')}`);
  await engine.backfill(shop, phaseRun());
  expect(await engine.verify(shop)).toBe(0);
  await engine.contract(shop, phaseRun());
  expect(await database.value('select count(*)::int from goods where loud is distinct from upper(name)')).toBe(0);
});

it('goes through a page line by line whose rows take longer than a batch may', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table goods (id int primary key, name text);
    insert into goods select n, 'good ' || n from generate_series(1, 60) n; analyze goods;
    create function slowly(name text) returns text language plpgsql as $$ begin perform pg_sleep(0.02); return upper(name); end $$`);
  expect(await database.value(`select pg_relation_size('goods') / current_setting('block_size')::int`)).toBe('1');
  const shop = change(database, 'slowly(name)');
  await engine.expand(shop, phaseRun());
  // Of 60 rows it takes more than twice the time.
  const impatient = createOperationsEngine({ pacing: { pauseRatio: 0, limitMs: 500 } });
  await impatient.backfill(shop, phaseRun());
  expect(await engine.verify(shop)).toBe(0);
  expect(await database.value('select count(*)::int from goods where loud = upper(name)')).toBe(60);
});

it('has a row filled by whatever write moves it, so that it cannot get past a walk that goes page by page', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table goods (id int primary key, name text, price int);
    insert into goods values (1, 'jam', 3), (2, 'tea', 5)`);
  await engine.expand(change(database), phaseRun());
  await database.sql('update goods set price = 4 where id = 1');
  expect(await database.value('select array_agg(loud order by id) from goods')).toEqual(['JAM', null]);
});

it('begins anew where an attempt of before went through the table another way', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table goods (id int primary key, name text);
    insert into goods select n, 'good ' || n from generate_series(1, ${rows}) n`);
  const shop = change(database);
  await engine.expand(shop, phaseRun());
  const { run, until } = watchedRun();
  const abort = new AbortController();
  const filling = slowEngine.backfill(shop, { ...run, signal: abort.signal }).catch(() => {});
  await until(({ rows }) => (rows?.done ?? 0) > 0);
  abort.abort();
  await filling;
  await database.sql(`update sluice.schema_backfill set after_key = '["2000"]', last_key = '["3000"]'`);
  await engine.backfill(shop, phaseRun());
  expect(await engine.verify(shop)).toBe(0);
});

it('takes the primary key, else another unique one, and no index that leaves rows out or orders them otherwise', async () => {
  const database = await scratchDatabase();
  await database.sql(`
    create table a (x int not null unique, y int, z text, primary key (y, z));
    create table b (x int not null, y int unique, z text not null);
    create unique index on b (x) where y > 0; create unique index on b (lower(z)); create unique index on b (x desc);
    create unique index on b (z collate "C"); create index on b (x); create unique index on b using btree (z text_pattern_ops);
    create table c (x int not null, y int not null); create unique index on c (y, x); create index on c (x)`);
  const session = await connect({
    url: database.url,
    applicationName: 'test',
    lockTimeoutMs: 0,
    statementTimeoutMs: 0,
  });
  const within = async (table: string) => (await chooseWalk(session, { schema: 'public', table })).within;
  expect(await within('a')).toContain('("public"."a"."y", "public"."a"."z") > (');
  expect(await within('b')).toContain('"public"."b".ctid');
  expect(await within('c')).toContain('("public"."c"."y", "public"."c"."x") > (');
  await session.close();
});

it('reads of a table as large as it likes no more than a batch', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table keyed (a int, b text, primary key (a, b)); create table bare (a int, b text);
    insert into keyed select n % 3, n from generate_series(1, 50000) n; insert into bare select * from keyed`);
  const session = await connect({
    url: database.url,
    applicationName: 'test',
    lockTimeoutMs: 0,
    statementTimeoutMs: 0,
  });
  for (const [table, after, upto] of [
    ['keyed', '["1", "100"]', '["1", "101"]'],
    ['bare', '100', '102'],
  ] as const) {
    const { within } = await chooseWalk(session, { schema: 'public', table });
    const explained = await session.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, timing off) select from ${table} where ${within}`,
      [after, upto],
    );
    const text = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).not.toMatch(/Seq Scan|Rows Removed by Filter/);
    expect(text).toMatch(/Index.* Scan|Tid (Range )?Scan/);
  }
  await session.close();
});

function change(database: Pick<Scratch, 'url'>, up = 'upper(name)') {
  const column = { name: 'loud', type: 'text', nullable: true };
  const operations = [{ add_column: { table: 'goods', column, up } }];
  return migration(database, {}, { operations: [{ name: '1_loud.json', text: JSON.stringify({ operations }) }] });
}

/** Does something to the engine's triggers, those of partitions included. */
function ours(how: 'disable' | 'enable always'): string {
  return `do $$ declare each record; begin
    for each in select tgname as name, tgrelid::regclass as place from pg_trigger
      where tgname ~ 'sluice' and tgrelid in (select relid from pg_partition_tree('goods') union select 'goods'::regclass)
    loop execute format('alter table %s ${how} trigger %I', each.place, each.name); end loop; end $$`;
}
