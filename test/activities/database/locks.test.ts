import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const engine = createPhasedSqlEngine();

it('holds nobody up for longer than the lock timeout behind a long transaction, and goes on when it ends', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  const shop = migration(database, names, { lockTimeoutMs: 100 });
  const reader = await longReader(database);

  const waits = watchWaits(database);
  const { run, until } = watchedRun();
  const expanding = engine.expand(shop, run);
  const progress = await until(({ detail }) => detail.includes('attempt 3'));
  expect(progress).toMatchObject({
    file: 'expand/V2.1__names.sql',
    detail: expect.stringMatching(
      new RegExp(
        `held by pid ${reader.pid} \\(report, idle in transaction, in its transaction for [\\d.]+ s\\): select count`,
      ),
    ),
  });
  expect(progress.detail).not.toContain('secret');

  await reader.client.query('commit');
  await expanding;
  expect(await engine.read(shop, 'expand')).toEqual(['2.1']);
  const longest = Math.max(...(await waits.stop()));
  // The statement itself takes a while on a busy machine, and so does the client.
  expect(longest).toBeGreaterThan(20);
  expect(longest).toBeLessThan(100 + 250);
});

it('stands in no queue while it knows that the blocker is still there', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  const shop = migration(database, names, { lockTimeoutMs: 50 });
  const reader = await longReader(database);
  const { run, seen, until } = watchedRun();
  const expanding = engine.expand(shop, run);
  await until(({ detail }) => detail.includes('attempt 6'));
  // 50 + 100 + 200 + 400 + 800 ms of pauses against six times 50 ms in the queue.
  const started = performance.now();
  await until(({ detail }) => detail.includes('attempt 7'));
  expect(performance.now() - started).toBeGreaterThan(1_000);
  await reader.client.query('commit');
  const freed = performance.now();
  await expanding;
  expect(performance.now() - freed).toBeLessThan(1_000);
  expect(seen.length).toBeGreaterThan(6);
});

it('holds nobody up for more than its share of a minute, all attempts together', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  await longReader(database);
  const sparing = createPhasedSqlEngine({ stallPerMinuteMs: 175, lockPatienceMs: 3_000 });
  const { run, seen } = watchedRun();
  const shop = migration(database, names, { lockTimeoutMs: 50 });
  await expect(sparing.expand(shop, run)).rejects.toMatchObject({ code: 'database-locked' });
  const details = seen.map(({ detail }) => detail);
  expect(details.filter((detail) => detail.startsWith('waits for its locks')).length).toBeLessThanOrEqual(3);
  expect(details.at(-1)).toMatch(/^has held others up enough for this minute: tries again in \d+ s$/);
});

it('gives up when patience is out, naming who holds the lock, and leaves nothing behind', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  const reader = await longReader(database);
  const hasty = createPhasedSqlEngine({ lockPatienceMs: 300 });
  const shop = migration(database, names, { lockTimeoutMs: 100 });
  await expect(hasty.expand(shop, phaseRun())).rejects.toMatchObject({
    code: 'database-locked',
    message: expect.stringMatching(
      new RegExp(
        `^expand/V2.1__names.sql: expected to get its locks, found them held after \\d+ attempts of at most 100 ms in \\d+ s by pid ${reader.pid} \\(report`,
      ),
    ),
  });
  expect(await engine.read(shop, 'expand')).toEqual([]);
  await reader.client.query('commit');
  await engine.expand(shop, phaseRun());
});

it('runs as the only engine in a database, and names the other one', async () => {
  const database = await scratchDatabase();
  const hasty = createPhasedSqlEngine({ lockPatienceMs: 300 });
  const slow = migration(database, { 'expand/V1__slow.sql': 'select pg_sleep(2)', 'expand/U1__slow.sql': 'select 1' });
  const other = migration(
    database,
    { 'expand/V2__b.sql': 'select 1', 'expand/U2__b.sql': 'select 1' },
    { lane: 'test/other' },
  );
  const { run, until } = watchedRun();
  const first = engine.expand(slow, run);
  await until(({ detail }) => detail === 'runs');
  await expect(hasty.expand(other, phaseRun())).rejects.toMatchObject({
    code: 'database-locked',
    message: expect.stringMatching(
      /expected no other schema change in this database, found .* pid \d+ \(sluice\/expand, active/,
    ),
  });
  const second = engine.expand(other, phaseRun());
  await Promise.all([first, second]);
  expect(await engine.read(other, 'expand')).toEqual(['2']);
});

it('waits for a row that a writer holds, and keeps what the writer wrote', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 500);
  const shop = migration(database, names);
  await engine.expand(shop, phaseRun());
  const writer = await database.connect('shop-1');
  await writer.query('begin');
  await writer.query(`update customers set full_name = 'Zoe Orr' where id = 250`);
  const { run, until } = watchedRun();
  const filling = engine.backfill(shop, run);
  await until(({ detail }) => /attempt 2.*held by pid \d+ \(shop-1/.test(detail));
  await writer.query('commit');
  await filling;
  expect(await database.sql('select first_name, last_name from customers where id = 250')).toEqual([
    { first_name: 'Zoe', last_name: 'Orr' },
  ]);
});

it('is the one that yields when it and the shop wait for each other', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 400);
  await database.sql('create table audit (id int)');
  const shop = migration(database, {
    ...names,
    'expand/V2.1__names.sql': `lock table audit; ${names['expand/V2.1__names.sql']}`,
  });
  const app = await database.connect('shop-1');
  await app.query('begin');
  await app.query('select count(*) from customers');
  const { run, until } = watchedRun();
  const expanding = engine.expand(shop, run);
  await expect
    .poll(() =>
      database.value(`select count(*)::int from pg_locks where not granted and relation = 'customers'::regclass`),
    )
    .toBe(1);
  const start = performance.now();
  await app.query('insert into audit values (1)');
  expect(performance.now() - start).toBeLessThan(800);
  await until(({ detail }) => detail.includes('attempt 1'));
  await app.query('commit');
  await expanding;
});

async function longReader(database: Scratch) {
  const client = await database.connect('report');
  await client.query('begin');
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await client.query(`select count(*) from customers where full_name <> 'secret'`);
  return { client, pid: rows[0]?.pid };
}

/** Reads the table all the time; gives how long each read took. */
function watchWaits(database: Scratch) {
  const took: number[] = [];
  let goesOn = true;
  const reading = (async () => {
    const app = await database.connect('shop-1');
    while (goesOn) {
      const start = performance.now();
      await app.query('select count(*) from customers');
      took.push(performance.now() - start);
      await sleep(2);
    }
  })();
  const stop = async () => {
    goesOn = false;
    await reading;
    return took;
  };
  return { stop };
}
