import { afterAll, beforeAll, expect } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import type { BrakeLimits } from '../../../domain/brake-limits.js';
import { itWithEverything } from '../../support/everything.js';
import { administer, type OwnServer, ownServers } from './own-server.js';
import { counting, createCounted, migration, type Scratch, scratchAt, watchedRun } from './scratch.js';

const it = itWithEverything('a backfill before a server that says not now: standbys, archiver, slots, vacuums');
const engine = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });
const off: BrakeLimits = {
  replicaBytes: 'off',
  replicaStall: 'off',
  archiveBytes: 'off',
  slotBytes: 'off',
  vacuum: 'off',
  deadRows: 'off',
};

let servers: Awaited<ReturnType<typeof ownServers>>;
let primary: OwnServer;
let standby: OwnServer;

beforeAll(async () => {
  servers = await ownServers();
  primary = await servers.start();
  await administer(primary, 'alter system set archive_mode = on');
  await administer(primary, `alter system set archive_command = 'true'`);
  standby = await primary.standby('replica-1');
});

afterAll(() => servers.end());

it('waits for a standby that is behind by more than its limit, and goes on when it has caught up', async () => {
  const { database, shop } = await shopWith({ replicaBytes: 50_000 });
  await administer(standby, 'select pg_wal_replay_pause()');
  await createCounted(database, rows);
  const { filling, brake } = await waits(shop, /^waits: standby replica-1 at 127\.0\.0\.1 has [\d.]+ [kM]B to replay/);
  expect(brake).toMatch(/\(replicaBytes: 50 kB\)$/);
  expect(await database.value('select rows::int from sluice.schema_backfill')).toBe(0);
  await administer(standby, 'select pg_wal_replay_resume()');
  await filledOnce(database, filling);
});

it('waits for a standby that stands still, that is killed, and until it is back', async () => {
  const { database, shop } = await shopWith({ replicaStall: 200 });
  await createCounted(database, rows);
  await slowDown(database);
  await administer(standby, 'select pg_wal_replay_pause()');
  await database.sql('create table after_the_pause ()');
  const { filling, until } = await waits(shop, /^waits: standby replica-1 at .* has replayed nothing for \d+ s/);
  await standby.kill();
  const { detail } = await until((progress) => progress.detail.includes('has gone'));
  expect(detail).toBe(
    'waits: standby replica-1 at 127.0.0.1 was there and has gone (replicaStall: not one may be missing)',
  );
  expect(await database.value('select count(*)::int from counted where n = 0')).toBeGreaterThan(0);
  await standby.start();
  await filledOnce(database, filling);
});

it('waits while the archiver fails', async () => {
  const { database, shop } = await shopWith({ archiveBytes: 1e12 });
  await createCounted(database, rows);
  await archiveWith('false', { fails: true });
  const { filling } = await waits(shop, /^waits: the archiver fails at [0-9A-F]{24} \(archiveBytes: none may fail\)$/);
  await archiveWith('true', { fails: false });
  await filledOnce(database, filling);
});

it('waits while a slot keeps more of the log than it may', async () => {
  const { database, shop } = await shopWith({ slotBytes: 1_000 });
  await database.sql(`select pg_create_physical_replication_slot('forgotten', true)`);
  await createCounted(database, rows);
  const { filling } = await waits(shop, /^waits: slot forgotten keeps .* of log \(slotBytes: 1 kB\)$/);
  await database.sql(`select pg_drop_replication_slot('forgotten')`);
  await filledOnce(database, filling);
});

it('lets a vacuum of its table finish, and ends by an abort while it waits', async () => {
  const { database, shop } = await shopWith({ vacuum: 0 });
  await createCounted(database, rows);
  await database.sql(`update counted set note = repeat('x', 1000)`);
  const cleaner = await database.connect('cleaner');
  await cleaner.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1');
  const vacuum = cleaner.query('vacuum counted').catch((error: unknown) => error);
  await expect.poll(() => database.value(`select count(*)::int ${vacuums}`)).toBe(1);

  const stop = new AbortController();
  const stopped = watchedRun({ signal: stop.signal });
  const aborted = engine.backfill(shop, stopped.run).catch((error: unknown) => error);
  await stopped.until(({ detail }) => detail.startsWith('waits'));
  stop.abort(new Error('enough'));
  expect(await aborted).toMatchObject({ message: 'enough' });

  const { filling } = await waits(shop, /^waits: a vacuum \(pid \d+\) works on the table, \d+ % read \(vacuum: on\)$/);
  await database.sql(`select pg_cancel_backend(pid) ${vacuums}`);
  await vacuum;
  await filledOnce(database, filling);
});

it('says once what its role may not see, and goes on', async () => {
  const { database, shop } = await shopWith({ replicaBytes: 0 });
  await createCounted(database, rows);
  await database.sql(`create role migrator login password 'm'; alter table counted owner to migrator;
    grant create on schema public to migrator;
    do $$ begin execute format('grant create on database %I to migrator', current_database()); end $$`);
  const url = new URL(database.url);
  url.username = 'migrator';
  url.password = 'm';
  const { run, seen } = watchedRun();
  await filledOnce(database, engine.backfill({ ...shop, url: url.href }, run));
  expect(seen.filter(({ isNotice }) => isNotice)).toEqual([
    {
      file: 'backfill/V1__count.sql',
      detail:
        'standbys and vacuums are not looked at before a batch: grant pg_read_all_stats to the role that changes the schema',
      isNotice: true,
    },
  ]);
});

const rows = 3_000;
const vacuums = `from pg_stat_progress_vacuum where datname = current_database() and relid = 'counted'::regclass`;

/** One brake at a time: the others see what other tests have done to the server. */
async function shopWith(brakes: Partial<BrakeLimits>) {
  databases += 1;
  const database = await scratchAt(await primary.database(`brakes_${databases}`));
  return { database, shop: migration(database, counting, { brakes: { ...off, ...brakes } }) };
}

let databases = 0;

/** Until a segment was tried with it: the archiver may still have the earlier command for one that is full. */
async function archiveWith(command: string, { fails }: { readonly fails: boolean }): Promise<void> {
  await administer(primary, `alter system set archive_command = '${command}'`);
  await administer(primary, 'select pg_reload_conf()');
  const { value } = await scratchAt(primary.url('postgres'));
  const failing = async () => {
    await administer(primary, `select pg_logical_emit_message(false, 'test', ''), pg_switch_wal()`);
    return value(
      `select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) from pg_stat_archiver`,
    );
  };
  await expect.poll(failing, { interval: 200 }).toBe(fails);
}

/** So that it is looked at the server in the middle. */
async function slowDown({ sql }: Scratch): Promise<void> {
  await sql(`create function slowly() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.001); return new; end $$;
    create trigger slowly before update on counted for each row execute function slowly()`);
}

/** A backfill that was seen to wait for that twice, with nothing done in between. */
async function waits(shop: Migration, brake: RegExp) {
  const { run, seen, until } = watchedRun();
  const filling = engine.backfill(shop, run);
  const { detail } = await Promise.race([until((progress) => brake.test(progress.detail)), endedEarly(filling)]);
  const again = seen.length;
  await until((progress) => seen.indexOf(progress) >= again && brake.test(progress.detail));
  expect(seen.slice(again).filter(({ rows }) => rows !== undefined)).toEqual([]);
  return { filling, until, brake: detail };
}

async function endedEarly(filling: Promise<unknown>): Promise<never> {
  await filling;
  throw new Error('it did not wait');
}

async function filledOnce(database: Scratch, filling: Promise<{ readonly rows: number }>): Promise<void> {
  expect(await filling).toMatchObject({ rows });
  expect(await database.value('select count(*)::int from counted where n = 1')).toBe(rows);
}
