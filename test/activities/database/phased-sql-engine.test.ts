import { expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import {
  createCounted,
  createCustomers,
  counting,
  migration,
  names,
  phaseRun,
  type Scratch,
  scratchDatabase,
} from './scratch.js';

const engine = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });

it('goes through expand, backfill and contract, and each a second time changes nothing', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 1_000);
  const shop = migration(database, names);

  expect(await engine.plan(shop)).toEqual({
    pending: {
      expand: ['expand/V2.1__names.sql'],
      backfill: ['backfill/V2.2__names.sql'],
      contract: ['contract/V2.3__full_name.sql'],
    },
    refusals: [],
    rollback: {
      verdict: 'safe',
      because: ['going back loses what the new version wrote into customers.first_name, customers.last_name'],
    },
    // The server counts no statements.
    unseen: [expect.stringMatching(/^not looked at: .*pg_stat_statements/)],
  });
  expect(await database.value(`select to_regclass('flyway_schema_history')`)).toBe(null);

  await engine.expand(shop, phaseRun());
  await engine.expand(shop, phaseRun());
  expect(await engine.verify(shop)).toBe(1_000);
  const report = await engine.backfill(shop, phaseRun());
  expect(report).toMatchObject({ rows: 1_000 });
  expect(await engine.backfill(shop, phaseRun())).toEqual(report);
  expect(await engine.verify(shop)).toBe(0);
  await engine.contract(shop, phaseRun());
  await engine.contract(shop, phaseRun());

  expect(await engine.read(shop, 'expand')).toEqual(['2.1']);
  expect(await engine.read(shop, 'backfill')).toEqual(['2.2']);
  expect(await engine.read(shop, 'contract')).toEqual(['2.3']);
  expect(await historyOf(database)).toEqual([
    [1, '2.1', 'names', 'SQL', 'expand/V2.1__names.sql'],
    [2, '2.2', 'names', 'SQL', 'backfill/V2.2__names.sql'],
    [3, '2.3', 'full name', 'SQL', 'contract/V2.3__full_name.sql'],
  ]);
  expect(await engine.plan(shop)).toMatchObject({ pending: { expand: [], backfill: [], contract: [] }, refusals: [] });
});

it('takes expand back, twice the same as once, and expands and fills again', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 500);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());

  await engine.rollback(shop, [], phaseRun({ generation: 2 }));
  await engine.rollback(shop, [], phaseRun({ generation: 2 }));
  expect(await engine.read(shop, 'expand')).toEqual([]);
  expect(await engine.read(shop, 'backfill')).toEqual([]);
  expect(await columnsOf(database, 'customers')).toEqual(['id', 'full_name']);

  await engine.expand(shop, phaseRun({ generation: 3 }));
  expect(await engine.backfill(shop, phaseRun({ generation: 3 }))).toMatchObject({ rows: 500 });
  expect(await engine.verify(shop)).toBe(0);
  expect((await historyOf(database)).map(([, version, , type]) => [version, type])).toEqual([
    ['2.1', 'SQL'],
    ['2.2', 'SQL'],
    ['2.2', 'DELETE'],
    ['2.1', 'DELETE'],
    ['2.1', 'SQL'],
    ['2.2', 'SQL'],
  ]);
});

it('takes back only what was not there before, newest first', async () => {
  const database = await scratchDatabase();
  const scripts = Object.fromEntries(
    ['1', '2', '10'].flatMap((n) => [
      [`expand/V${n}__t.sql`, `create table t${n} (id int)`],
      [
        `expand/U${n}__t.sql`,
        `drop table t${n}; create table if not exists dropped (n int); insert into dropped values (${n})`,
      ],
    ]),
  );
  const shop = migration(database, scripts);
  await engine.expand(shop, phaseRun());
  await engine.rollback(shop, ['1'], phaseRun());
  expect(await engine.read(shop, 'expand')).toEqual(['1']);
  expect(await database.sql('select n from dropped')).toEqual([{ n: 10 }, { n: 2 }]);
});

it('leaves a finished backfill alone when there is nothing of expand to take back', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await engine.rollback(shop, ['2.1'], phaseRun());
  expect(await engine.read(shop, 'backfill')).toEqual(['2.2']);
});

it('takes back one release and leaves the ones before alone, with all files in the same folders', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 50);
  // Counts by a column that its contract drops.
  const first = {
    ...names,
    'backfill/V2.2__names.sql': names['backfill/V2.2__names.sql'].replace(
      'first_name is null',
      'first_name is null and full_name is not null',
    ),
  };
  await runAll(migration(database, first));
  const both = migration(database, {
    ...first,
    'expand/V3__nick.sql': 'alter table customers add column nick text',
    'expand/U3__nick.sql': 'alter table customers drop column nick',
    'backfill/V3.1__nick.sql': `-- sluice: table=customers key=id batch=100\nupdate customers set nick = first_name where id > :after and id <= :upto and nick is null`,
  });
  const before = await engine.read(both, 'expand');
  await engine.expand(both, phaseRun());
  await engine.backfill(both, phaseRun());
  expect(await engine.read(both, 'backfill')).toEqual(['2.2', '3.1']);
  expect(await engine.verify(both)).toBe(0);

  await engine.rollback(both, before, phaseRun());
  expect(await engine.read(both, 'expand')).toEqual(['2.1']);
  expect(await engine.read(both, 'backfill')).toEqual(['2.2']);
  expect(await engine.read(both, 'contract')).toEqual(['2.3']);
  expect(await columnsOf(database, 'customers')).not.toContain('nick');
});

it('does not go back once contract is in effect', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 10);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await engine.contract(shop, phaseRun());
  await expect(engine.rollback(shop, [], phaseRun())).rejects.toThrow(/contract\/V2.3__full_name.sql applied/);
  expect(await engine.read(shop, 'expand')).toEqual(['2.1']);
});

it('does not go back once contract was begun outside a transaction and did not end', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 10);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  expect(await engine.contractBegun(shop, phaseRun())).toEqual([]);
  await database.sql(`insert into flyway_schema_history values
    (9, '2.3', 'full name', 'SQL', 'contract/V2.3__full_name.sql', 7, 'flyway', now(), 0, false)`);
  expect(await engine.contractBegun(shop, phaseRun())).toEqual(['2.3']);
  expect(await engine.read(shop, 'contract')).toEqual([]);
  await expect(engine.rollback(shop, [], phaseRun())).rejects.toThrow(
    /found contract\/V2.3__full_name.sql begun and not ended: what it removed cannot be brought back/,
  );
  expect(await engine.read(shop, 'expand')).toEqual(['2.1']);
});

it('keeps the order of the phases whoever calls', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 10);
  const shop = migration(database, names);
  await expect(engine.backfill(shop, phaseRun())).rejects.toThrow(
    /expand\/V2.1__names.sql to be applied before backfill/,
  );
  await engine.expand(shop, phaseRun());
  await expect(engine.contract(shop, phaseRun())).rejects.toThrow(
    /backfill\/V2.2__names.sql to be applied before contract/,
  );
});

it('refuses a file that was changed after it was applied, with both checksums', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 10);
  await engine.expand(migration(database, names), phaseRun());
  const changed = migration(database, {
    ...names,
    'expand/V2.1__names.sql': `${names['expand/V2.1__names.sql']} -- changed`,
  });
  const before = await historyOf(database);

  const refusal = expect.stringMatching(
    /^expand\/V2.1__names.sql: expected the content applied as expand\/V2.1__names.sql with checksum -?\d+, found checksum -?\d+$/,
  );
  expect(await engine.plan(changed)).toMatchObject({ refusals: [refusal] });
  await expect(engine.expand(changed, phaseRun())).rejects.toMatchObject({
    code: 'migration-changed',
    message: refusal,
  });
  await expect(engine.backfill(changed, phaseRun())).rejects.toMatchObject({ code: 'migration-changed' });
  expect(await historyOf(database)).toEqual(before);
});

it('names every reason not to start, and starts nothing', async () => {
  const database = await scratchDatabase();
  const { refusals } = await engine.plan(
    migration(
      database,
      {
        'expand/V1__index.sql': 'create table a (id int);\n  create index concurrently i on a (id);',
        'expand/V2__twice.sql': 'create table b (id int)',
        'expand/U2__twice.sql': 'drop table b; commit;',
        'expand/U3__lonely.sql': 'select 1',
        'expand/odd name.sql': 'select 1',
        'backfill/V2.0__twice.sql': 'update a set b = 1',
        'contract/V4__lock.sql': `set local lock_timeout = '1h'; drop table "concurrently`,
        'contract/U4__lock.sql': 'select 1',
        'contract/V5__nothing.sql': '-- nothing',
      },
      { lockTimeoutMs: 1_000, sessions: { current: 'shop', pattern: 'shop' } },
    ),
  );
  const expected = [
    /lock timeout from 1 ms to below the server's deadlock_timeout of 1000 ms, found 1000 ms/,
    /expand\/odd name.sql: expected a name such as/,
    /backfill\/V2.0__twice.sql: expected a version of its own, found expand\/V2__twice.sql/,
    /expand\/V1__index.sql: cannot be taken back; expected expand\/U1__….sql beside it/,
    /expand\/U3__lonely.sql: expected expand\/V3__….sql beside it/,
    /contract\/U4__lock.sql: only files of expand are taken back/,
    /expand\/V1__index.sql:2:3: every file runs in one transaction, .* \(found CREATE INDEX CONCURRENTLY I\)/,
    /expand\/U2__twice.sql:1:15: every file runs in one transaction, which it must not begin or end itself/,
    /backfill\/V2.0__twice.sql.*expected a head comment/,
    /contract\/V4__lock.sql:1:1: the lock timeout is what protects/,
    /contract\/V4__lock.sql:1:32: expected every string, name and comment to be closed/,
    /contract\/V5__nothing.sql: expected at least one statement/,
    /application_name of the service's sessions to hold the version/,
  ];
  for (const pattern of expected)
    expect(
      refusals.filter((refusal) => pattern.test(refusal)),
      String(pattern),
    ).toHaveLength(1);
  expect(await database.value(`select count(*)::int from pg_namespace where nspname = 'sluice'`)).toBe(0);
});

it('keeps one history for a schema that is not public, whatever a file does to role and search path', async () => {
  const database = await scratchDatabase();
  await database.sql(`create schema "Shop"`);
  const url = `${database.url}?options=${encodeURIComponent('-c search_path="Shop"')}`;
  const shop = migration(
    { url },
    {
      'expand/V1__a.sql': 'set role pg_monitor; set search_path = pg_catalog; set statement_timeout = 1;',
      'expand/U1__a.sql': 'select 1',
      'expand/V2__b.sql': 'create table b as select 1 as n from pg_sleep(0.05)',
      'expand/U2__b.sql': 'drop table b',
    },
  );
  await engine.expand(shop, phaseRun());
  expect(await database.value('select count(*)::int from "Shop".flyway_schema_history')).toBe(2);
  expect(await database.value(`select to_regclass('"Shop".b')::text`)).toBe('"Shop".b');
});

it('names the sessions of other versions, idle ones included, and nobody else', async () => {
  const database = await scratchDatabase();
  const shop = migration(database, names, { sessions: { current: 'shop_2', pattern: 'shop_%' } });
  const old = await database.connect('shop_1');
  await database.connect('shop_2');
  await database.connect('shopper1');
  const { rows } = await old.query<{ pid: number }>('select pg_backend_pid() as pid');

  expect((await engine.contractEvidence(shop)).reasons).toEqual([
    expect.stringMatching(`^pid ${rows[0]?.pid} "shop_1" from 127.0.0.1, idle for \\d+ s, connected for \\d+ s$`),
  ]);
  await old.end();
  await expect.poll(async () => (await engine.contractEvidence(shop)).reasons).toEqual([]);
});

it('counts what a verify line counts when the statement cannot tell', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 300);
  const shop = migration(database, counting);
  expect(await engine.verify(shop)).toBe(300);
  await engine.backfill(shop, phaseRun());
  expect(await engine.verify(shop)).toBe(0);
});

it('counts rows the backfill did not reach, also those beyond its end', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 300);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await database.sql(
    `update customers set first_name = null where id in (1, 150); insert into customers (full_name) values ('New')`,
  );
  expect(await engine.verify(shop)).toBe(3);
});

async function historyOf({ sql }: Scratch) {
  const rows = await sql<{ row: unknown[] }>(
    'select installed_rank, version, description, type, script from flyway_schema_history order by installed_rank',
  );
  return rows.map((row) => Object.values(row));
}

async function columnsOf({ sql }: Scratch, table: string) {
  const rows = await sql<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return rows.map((row) => row.name);
}

async function runAll(migration: Migration): Promise<void> {
  await engine.expand(migration, phaseRun());
  await engine.backfill(migration, phaseRun());
  await engine.contract(migration, phaseRun());
}
