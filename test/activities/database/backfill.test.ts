import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { startChild } from '../../../embedded/child.js';
import {
  counting,
  createCounted,
  createCustomers,
  migration,
  names,
  phaseRun,
  type Scratch,
  scratchDatabase,
  watchedRun,
} from './scratch.js';

const engine = createPhasedSqlEngine();
/** A process of its own takes a while to start. */
const soon = { interval: 5, timeout: 30_000 };
const unpaced = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });

it('goes on where a killed process stopped: no row skipped, none done twice', async () => {
  const database = await scratchDatabase();
  const rows = 30_000;
  await createCounted(database, rows);
  const shop = migration(database, counting);

  for (let kills = 1; kills <= 3; kills++) {
    const child = await backfillInAnotherProcess(shop);
    await expect.poll(() => doneRows(database), soon).toBeGreaterThan(kills * 3_000);
    await child.kill();
  }
  const killedAt = await doneRows(database);
  expect(killedAt).toBeLessThan(rows);

  expect(await unpaced.backfill(shop, phaseRun())).toMatchObject({ rows });
  expect(await database.sql('select n, count(*)::int as rows from counted group by n')).toEqual([{ n: 1, rows }]);
});

it('lets a later generation take over at once; the earlier one is fenced and its session ended', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 20_000);
  const shop = migration(database, counting);
  const { run, until } = watchedRun({ generation: 7 });
  const earlier = engine.backfill(shop, run).catch((error: unknown) => error);
  await until(({ rows }) => (rows?.done ?? 0) > 1_000);

  await unpaced.backfill(shop, phaseRun({ generation: 8 }));
  // Ended at the server while it worked, or told so by the fence when it came back from a pause.
  expect(await earlier).toMatchObject({ code: expect.stringMatching(/^(fenced|database-unreachable)$/) });
  await expect(engine.backfill(shop, phaseRun({ generation: 7 }))).rejects.toMatchObject({
    code: 'fenced',
    message: expect.stringMatching(/expected .* test\/shop's generation 7 to change, found generation 8 \(pid \d+\)/),
  });
  await expect(engine.expand(shop, phaseRun({ generation: 7 }))).rejects.toMatchObject({ code: 'fenced' });
  expect(await database.sql('select n, count(*)::int as rows from counted group by n')).toEqual([
    { n: 1, rows: 20_000 },
  ]);
});

it('stops before its next batch when the fence in the database moved on', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 20_000);
  const { run, until } = watchedRun({ generation: 7 });
  const filling = engine.backfill(migration(database, counting), run).catch((error: unknown) => error);
  await until(({ rows }) => (rows?.done ?? 0) > 1_000);
  await database.sql('update sluice.schema_fence set generation = 8');
  const done = await doneRows(database);
  expect(await filling).toMatchObject({ code: 'fenced' });
  expect(await doneRows(database)).toBe(done);
});

it('lets a repeated attempt of the same generation end the one whose process hangs', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 20_000);
  const shop = migration(database, counting);
  const hung = await backfillInAnotherProcess(shop);
  await expect.poll(() => doneRows(database), soon).toBeGreaterThan(1_000);
  process.kill(hung.pid, 'SIGSTOP');
  expect(await unpaced.backfill(shop, phaseRun())).toMatchObject({ rows: 20_000 });
  expect(await database.sql('select n, count(*)::int as rows from counted group by n')).toEqual([
    { n: 1, rows: 20_000 },
  ]);
});

it('says that its connection was cut, and goes on when it is called again', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 20_000);
  const shop = migration(database, counting);
  const { run, until } = watchedRun();
  const cut = engine.backfill(shop, run).catch((error: unknown) => error);
  await until(({ rows }) => (rows?.done ?? 0) > 1_000);
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice/backfill' and datname = current_database()`,
  );
  expect(await cut).toMatchObject({
    code: 'database-unreachable',
    message: expect.stringContaining('terminating connection'),
  });

  expect(await unpaced.backfill(shop, phaseRun())).toMatchObject({ rows: 20_000 });
  expect(await database.sql('select n, count(*)::int as rows from counted group by n')).toEqual([
    { n: 1, rows: 20_000 },
  ]);
});

it('loses no write of the shop while it fills, and fills every row', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 5_000);
  const shop = migration(database, counting);
  const writers = Array.from({ length: 4 }, (_, index) => countWrites(database, index));
  const filling = engine.backfill(shop, phaseRun());
  await filling;
  const written = (await Promise.all(writers.map((writer) => writer.stop()))).reduce((sum, count) => sum + count, 0);
  expect(written).toBeGreaterThan(100);
  expect(await database.value('select sum(n)::int from counted')).toBe(5_000 + written);
});

it('ends although rows keep coming in behind its end', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 2_000);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  let goesOn = true;
  const inserting = (async () => {
    const app = await database.connect('shop-2');
    while (goesOn)
      await app.query(`insert into customers (full_name, first_name) select 'x', 'x' from generate_series(1, 50)`);
  })();
  const report = await engine.backfill(shop, phaseRun());
  goesOn = false;
  await inserting;
  expect(report.rows).toBe(2_000);
  expect(await database.value('select after_key = last_key from sluice.schema_backfill')).toBe(true);
  expect(await engine.verify(shop)).toBe(0);
});

const keyTypes: readonly (readonly [type: string, key: string])[] = [
  ['smallint', '(n - 500)::smallint'],
  ['integer', '-n * 1000'],
  ['bigint', 'n::bigint * 1000000000000'],
  ['text', `'key ' || n || case when n % 2 = 0 then 'ä' else 'Z' end`],
  ['varchar(40) collate "C"', `repeat('x', n % 20) || n`],
  ['uuid', 'gen_random_uuid()'],
];

it.each(keyTypes)('fills a table whose key is %s once and wholly', async (type, key) => {
  const database = await scratchDatabase();
  await database.sql(`create table counted ("Key" ${type} primary key, n int not null default 0);
    insert into counted select ${key} from generate_series(1, 1000) n`);
  const shop = migration(database, {
    'backfill/V1__count.sql': `-- sluice: table=public.counted key="Key" batch=100
-- sluice: verify=select count(*) from counted where n <> 1
update public.counted as c set n = n + 1 where c."Key" > :after and c."Key" <= :upto`,
  });
  expect(await unpaced.backfill(shop, phaseRun())).toMatchObject({ rows: 1_000 });
  expect(await unpaced.verify(shop)).toBe(0);
});

it('records an empty table as filled', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 0);
  const shop = migration(database, counting);
  expect(await engine.backfill(shop, phaseRun())).toEqual({ rows: 0, batches: 0 });
  expect(await engine.read(shop, 'backfill')).toEqual(['1']);
});

it('refuses a key that a table cannot be walked along', async () => {
  const cases: readonly (readonly [table: string, reason: RegExp])[] = [
    ['create table other (id int)', /expected a table "counted" with a column "id", found none/],
    ['create table counted (id timestamptz primary key, n int)', /found "id" timestamp with time zone/],
    ['create table counted (id bigint unique, n int)', /expected the key "id" to be NOT NULL/],
    [
      'create table counted (id bigint not null, n int)',
      /expected a btree index on all of "counted" that begins with "id"/,
    ],
    [
      `create table counted (id text primary key, n int); insert into counted values ('')`,
      /no row whose key is the least text/,
    ],
  ];
  for (const [table, reason] of cases) {
    const database = await scratchDatabase();
    await database.sql(table);
    await expect(engine.backfill(migration(database, counting), phaseRun())).rejects.toThrow(reason);
  }
});

it('refuses to go on with another content of the file than it was begun with', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 20_000);
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const filling = engine.backfill(migration(database, counting), run).catch(() => {});
  await until(({ rows }) => (rows?.done ?? 0) > 500);
  stop.abort();
  await filling;
  const changed = migration(database, {
    'backfill/V1__count.sql': counting['backfill/V1__count.sql'].replace('n + 1', 'n + 2'),
  });
  await expect(engine.backfill(changed, phaseRun())).rejects.toMatchObject({ code: 'migration-changed' });
});

it('halves a batch that takes too long until it comes through', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 100);
  await database.sql(`create function slowly() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.06); return new; end $$;
    create trigger slowly before update on counted for each row execute function slowly()`);
  // A hundred rows take 6 s, of which the server allows 5; a busy machine makes it need more than two.
  const { rows, batches } = await unpaced.backfill(migration(database, counting), phaseRun());
  expect(rows).toBe(100);
  expect(batches).toBeGreaterThan(1);
  expect(await database.value('select sum(n)::int from counted')).toBe(100);
});

it('names the row that is cut off also when it is alone', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 40);
  // The server cancels it as it does when a statement's time is out, without the wait.
  await database.sql(`create function stuck() returns trigger language plpgsql as
    $$ begin perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60); return new; end $$;
    create trigger stuck before update on counted for each row when (old.id = 210) execute function stuck()`);
  const shop = migration(database, counting);
  await expect(unpaced.backfill(shop, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(/keys after 203 up to 210.*\(SQLSTATE 57014\); nothing of it was kept/) as string,
  });
  // All before it are filled, and it goes on there when the row was put right.
  expect(await database.value('select max(id)::int from counted where n = 1')).toBe(203);
  await database.sql('drop trigger stuck on counted');
  expect(await unpaced.backfill(shop, phaseRun())).toMatchObject({ rows: 40 });
  expect(await database.value('select count(*)::int from counted where n = 1')).toBe(40);
});

it('makes batches of long rows small from the first one on', async () => {
  const database = await scratchDatabase();
  const shop = migration(database, {
    'backfill/V1__count.sql': `-- sluice: table=counted key=id
-- sluice: verify=select count(*) from counted where n <> 1
update counted set n = n + 1, note = note || 'x' where id > :after and id <= :upto`,
  });
  await createCounted(database, 40);
  await database.sql(`alter table counted alter note set storage external;
    update counted set note = repeat('long ', 20000)`);
  await database.sql('vacuum full analyze counted');
  const small = createPhasedSqlEngine({ pacing: { pauseRatio: 0, mostBytes: 1e6 } });
  const { batches } = await small.backfill(shop, phaseRun());
  expect(batches).toBeGreaterThanOrEqual(4);
  expect(await database.value('select max(n) from counted')).toBe(1);
});

it('waits for room on the server, and says so', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 100);
  await database.sql(`create table disk (is_full boolean); insert into disk values (true);
    create function needs_room() returns trigger language plpgsql as $$ begin
      if (select is_full from disk) then raise exception 'could not extend file: No space left' using errcode = '53100'; end if;
      return new; end $$;
    create trigger needs_room before update on counted for each row execute function needs_room()`);
  const { run, until } = watchedRun();
  const filling = unpaced.backfill(migration(database, counting), run);
  const { detail } = await Promise.race([
    until((progress) => progress.detail.startsWith('waits')),
    filling.then(() => Promise.reject(new Error('it did not wait'))),
  ]);
  expect(detail).toMatch(/^waits: backfill\/V1__count\.sql:.* could not extend file: No space left \(SQLSTATE 53100\)/);
  await database.sql('update disk set is_full = false');
  expect(await filling).toMatchObject({ rows: 100 });
  expect(await database.value('select count(*)::int from counted where n = 1')).toBe(100);
});

it('pauses as many times as long as it works', async () => {
  const millisecondsAt = async (pauseRatio: number) => {
    const database = await scratchDatabase();
    await createCounted(database, 3_000);
    const start = performance.now();
    await createPhasedSqlEngine({ pacing: { pauseRatio, targetMs: 0.1 } }).backfill(
      migration(database, counting),
      phaseRun(),
    );
    return performance.now() - start;
  };
  expect(await millisecondsAt(20)).toBeGreaterThan(3 * (await millisecondsAt(0)));
});

function doneRows({ value }: Scratch): Promise<number> {
  return value<number>('select count(*)::int from counted where n > 0');
}

async function backfillInAnotherProcess(shop: Migration) {
  const dist = (module: string) => JSON.stringify(fileURLToPath(new URL(`../../../dist/${module}`, import.meta.url)));
  const child = await startChild({
    name: 'backfill',
    command: process.execPath,
    args: [
      '--input-type=module',
      '--eval',
      `import { createPhasedSqlEngine } from ${dist('activities/database/phased-sql-engine.js')};
       import { onLeashCut } from ${dist('embedded/leash.js')};
       onLeashCut(() => process.exit());
       const run = { generation: 1, signal: new AbortController().signal, onProgress: () => {} };
       await createPhasedSqlEngine().backfill(JSON.parse(process.env.MIGRATION), run);`,
    ],
    env: { MIGRATION: JSON.stringify(shop) },
  });
  onTestFinished(async () => void (await child.kill()));
  return child;
}

/** Adds 10000 ones, one statement each, to rows all over the table, until it is stopped; gives how many. */
function countWrites(database: Scratch, seed: number) {
  let goesOn = true;
  const writing = (async () => {
    const app = await database.connect('shop-1');
    let written = 0;
    for (let n = seed; goesOn; n += 4) {
      const { rowCount } = await app.query('update counted set n = n + 1 where id = $1', [((n * 37) % 5_000) * 7 + 7]);
      written += rowCount ?? 0;
    }
    return written;
  })();
  const stop = () => {
    goesOn = false;
    return writing;
  };
  return { stop };
}
