import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { createOperationsEngine } from '../../../activities/database/operations-engine.js';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { lint } from '../../../activities/database/lint/lint.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import type { BrakeLimits } from '../../../domain/brake-limits.js';
import type { LintOrder } from '../../../domain/lint/finding.js';
import { itWithEverything } from '../../support/everything.js';
import { administer, type OwnServer, ownServers } from './own-server.js';
import {
  counting,
  createCounted,
  createCustomers,
  migration,
  names,
  phaseRun,
  type Scratch,
  scratchAt,
  watchedRun,
} from './scratch.js';

const it = itWithEverything('what waits for a server that says not now: standbys, archiver, slots, vacuums');
const engine = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });
const off: BrakeLimits = {
  replicaBytes: 'off',
  replicaStall: 'off',
  archiveBytes: 'off',
  slotBytes: 'off',
  vacuum: 'off',
  deadRows: 'off',
  standbyQueries: 'off',
};

let servers: Awaited<ReturnType<typeof ownServers>>;
let primary: OwnServer;
let standby: OwnServer;

beforeAll(async () => {
  servers = await ownServers();
  primary = await servers.start();
  await administer(primary, 'alter system set archive_mode = on');
  await administer(primary, 'alter system set wal_level = logical');
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

it('lets queries on a standby finish before a strong lock, gives up when they do not, and goes back at once', async () => {
  const { database, shop } = await shopWith({ standbyQueries: 0 }, names);
  await createCustomers(database, 10);
  const { layers } = await lint({ inputs: [], database: { url: database.url, optional: false, dryRun: false } });
  expect(layers.find(({ name }) => name === 'live facts')?.detail).toContain(
    'what queries read on replica-1 at 127.0.0.1 is not seen from here (hot_standby_feedback is off)',
  );
  await saysWhatItReads(standby, true);
  await expect
    .poll(() => database.value(`select backend_xmin is not null from pg_stat_replication`), { timeout: 30_000 })
    .toBe(true);
  const reader = await readerOn(standby, database);
  await reader.query('begin isolation level repeatable read; select count(*) from customers');

  const hasty = createPhasedSqlEngine({ lockPatienceMs: 300 });
  await expect(hasty.expand(shop, phaseRun())).rejects.toMatchObject({
    code: 'database-locked',
    message: expect.stringMatching(
      /^expand\/V2\.1__names\.sql: expected no long queries on standbys, .*, found standby replica-1 at 127\.0\.0\.1 with queries that have run for \d+ s at least; end them there/,
    ) as string,
  });
  expect(await engine.read(shop, 'expand')).toEqual([]);

  const { run, until } = watchedRun();
  const expanding = engine.expand(shop, run);
  const waiting = until(({ detail }) => /^waits: standby replica-1 .* \(standbyQueries: on\)$/.test(detail));
  await Promise.race([waiting, endedEarly(expanding)]);
  expect(await engine.read(shop, 'expand')).toEqual([]);
  await reader.query('commit');
  await expanding;
  expect(await engine.read(shop, 'expand')).toEqual(['2.1']);

  // It holds no lock there, which would keep the others' tables from being replayed.
  await reader.query('begin isolation level repeatable read; select 1');
  await engine.rollback(shop, [], phaseRun());
  expect(await engine.read(shop, 'expand')).toEqual([]);

  const note = { add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } } };
  const operations = [{ name: '1_note.json', text: JSON.stringify({ operations: [note] }) }];
  const byOperations = createOperationsEngine({ lockPatienceMs: 300 });
  await expect(byOperations.expand({ ...shop, operations }, phaseRun())).rejects.toMatchObject({
    code: 'database-locked',
  });
  await byOperations.expand({ ...shop, operations, brakes: off }, phaseRun());
  await reader.query('commit');
  await saysWhatItReads(standby, false);
});

it('waits while the archiver fails', async () => {
  const { database, shop } = await shopWith({ archiveBytes: 1e12 });
  await createCounted(database, rows);
  await archiveWith('false', { fails: true });
  const { filling } = await waits(shop, /^waits: the archiver fails at [0-9A-F]{24} \(archiveBytes: none may fail\)$/);
  await archiveWith('true', { fails: false });
  await filledOnce(database, filling);
});

it('waits while more of the log is there than the archiver has come to', async () => {
  const { database, shop } = await shopWith({ archiveBytes: 20e6 });
  await createCounted(database, rows);
  const gate = path.join(mkdtempSync(path.join(tmpdir(), `sluice-test-${process.pid}-archive-`)), 'open');
  // However it ends: a server that stops waits for its archiver.
  onTestFinished(() => rmSync(path.dirname(gate), { recursive: true }));
  chmodSync(path.dirname(gate), 0o755);
  await archiveWith('true', { fails: false });
  const command = `while test -d ${path.dirname(gate)} && ! test -e ${gate}; do sleep 0.1; done`;
  await administer(primary, `alter system set archive_command = '${command}'`);
  await administer(primary, 'select pg_reload_conf()');
  for (let segment = 0; segment < 3; segment++) {
    await administer(primary, `select pg_logical_emit_message(false, 'test', ''), pg_switch_wal()`);
  }
  const { filling } = await waits(shop, /^waits: [\d.]+ MB of log wait for the archiver \(archiveBytes: 20 MB\)$/);
  writeFileSync(gate, '');
  await filledOnce(database, filling);
  await archiveWith('true', { fails: false });
});

it('waits while the table has too many dead rows, until they are cleared away', async () => {
  const { database, shop } = await shopWith({ deadRows: 0.5 });
  await createCounted(database, rows);
  await database.sql('alter table counted set (autovacuum_enabled = false)');
  await database.sql('begin; insert into counted select -n from generate_series(1, 1100000) n; rollback');
  const dead = () => database.value(`select pg_stat_get_dead_tuples('counted'::regclass) >= 1100000`);
  await expect.poll(dead, { timeout: 30_000 }).toBe(true);
  const { filling } = await waits(
    shop,
    /^waits: the table has 1,100,000 dead rows by 3,000 living ones; autovacuum is off for it: run VACUUM \(deadRows: 50 %\)$/,
  );
  await database.sql('vacuum counted');
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

it('carries over what a subscription applies, and says which names it needs', async () => {
  const { database, shop } = await shopWith({});
  const publisher = await scratchAt(await primary.database('publisher'));
  const table = 'create table customers (id int primary key, full_name text not null)';
  await publisher.sql(`${table}; create publication feed for table customers`);
  await publisher.sql(`select pg_create_logical_replication_slot('feed', 'pgoutput')`);
  await database.sql(table);
  await database.sql(`create subscription feed connection '${publisher.url}' publication feed
    with (create_slot = false, slot_name = 'feed', copy_data = false)`);

  const shout = { up: 'upper(full_name)', down: 'lower(full_name)', type: 'text' };
  const alter = { alter_column: { table: 'customers', column: 'full_name', ...shout } };
  const rename = { rename_column: { table: 'customers', from: 'full_name', to: 'name' } };
  const fileOf = (operation: object) => [{ name: '1_name.json', text: JSON.stringify({ operations: [operation] }) }];
  const needed = async (order: Partial<LintOrder>) => {
    const { findings } = await lint({
      inputs: [],
      ...order,
      database: { url: database.url, optional: false, dryRun: false },
    });
    return findings.filter(({ rule }) => rule === 'subscribed-table').map(({ what }) => what);
  };
  const takes = (name: string) => [`takes the name ${name} away, and customers is filled by the subscription feed`];
  const contract = { file: 'contract/V1__c.sql', phase: 'contract' as const };
  expect(await needed({ operations: { folder: '', files: fileOf(rename) } })).toEqual(takes('customers.full_name'));
  expect(await needed({ operations: { folder: '', files: fileOf(alter) } })).toEqual([]);
  expect(await needed({ inputs: [{ ...contract, sql: 'drop table customers' }] })).toEqual(takes('customers'));
  expect(await needed({ inputs: [{ ...contract, sql: 'alter table customers drop full_name' }] })).toEqual(
    takes('customers.full_name'),
  );

  await createOperationsEngine().expand({ ...shop, operations: fileOf(alter) }, phaseRun());
  await publisher.sql(`insert into customers values (1, 'ann')`);
  const loud = () => database.value(`select full_name from public_1_name.customers where id = 1`);
  await expect.poll(loud, { timeout: 30_000 }).toBe('ANN');
  await publisher.sql(`update customers set full_name = 'bo'`);
  await expect.poll(loud, { timeout: 30_000 }).toBe('BO');
  await database.sql('alter subscription feed disable');
  await database.sql('alter subscription feed set (slot_name = none)');
  await database.sql('drop subscription feed');
  await publisher.sql(`select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'feed'`);
  const slot = () => publisher.value(`select active from pg_replication_slots where slot_name = 'feed'`);
  await expect.poll(slot).toBe(false);
  await publisher.sql(`select pg_drop_replication_slot('feed')`);
});

const rows = 3_000;
const vacuums = `from pg_stat_progress_vacuum where datname = current_database() and relid = 'counted'::regclass`;

/** One brake at a time: the others see what other tests have done to the server. */
async function shopWith(brakes: Partial<BrakeLimits>, scripts: Readonly<Record<string, string>> = counting) {
  databases += 1;
  const database = await scratchAt(await primary.database(`brakes_${databases}`));
  return { database, shop: migration(database, scripts, { brakes: { ...off, ...brakes } }) };
}

let databases = 0;

async function saysWhatItReads(server: OwnServer, does: boolean): Promise<void> {
  await administer(server, `alter system set hot_standby_feedback = ${does}`);
  // Seconds; by default ten.
  await administer(server, 'alter system set wal_receiver_status_interval = 1');
  await administer(server, 'select pg_reload_conf()');
}

/** When the standby has replayed what there is. */
async function readerOn(server: OwnServer, { url, value }: Scratch): Promise<pg.Client> {
  await expect
    .poll(() => value('select pg_current_wal_lsn() <= replay_lsn from pg_stat_replication'), { timeout: 30_000 })
    .toBe(true);
  const reader = new pg.Client({ connectionString: server.url(new URL(url).pathname.slice(1)) });
  await reader.connect();
  onTestFinished(() => reader.end());
  return reader;
}

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
