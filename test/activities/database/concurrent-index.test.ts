import type pg from 'pg';
import { expect, it } from 'vitest';
import { buildIndex, dropIndex } from '../../../activities/database/concurrent-index.js';
import type { IndexDefinition } from '../../../activities/database/index-definition.js';
import { inPhaseSession, type PhaseSession } from '../../../activities/database/phase-session.js';
import type { PhaseRun } from '../../../activities/database/schema-engine.js';
import { migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const byName: IndexDefinition = { table: { schema: 'public', name: 'fruits' }, name: 'by_name', elements: 'name' };
const theName = { schema: 'public', name: 'by_name' };

it('builds what the server has no index of, and leaves alone what means the same', async () => {
  const { database, build } = await orchard();
  const index = {
    ...byName,
    elements: 'lower(name) desc, id',
    unique: true,
    predicate: `name > 'a'`,
    storage: 'fillfactor = 70',
  };
  await build(index);
  const [built] = await indexes(database);
  expect(built).toMatchObject({
    valid: true,
    definition: `CREATE UNIQUE INDEX by_name ON public.fruits USING btree (lower((name)::text) DESC, id) WITH (fillfactor='70') WHERE ((name)::text > 'a'::text)`,
  });
  await build(index);
  expect(await indexes(database)).toEqual([built]);
});

it('refuses a name that belongs to another index, telling both definitions', async () => {
  const { database, build } = await orchard();
  await database.sql('create index by_name on fruits (name, id)');
  await expect(build(byName)).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(
      /expected index "public"."by_name" .*USING btree \(name\), found .*USING btree \(name, id\)/,
    ),
  });
  await expect(build({ ...byName, name: 'fruits' })).rejects.toThrow(/found a table of that name/);
  await expect(build({ ...byName, name: 'by_colour', elements: 'colour' })).rejects.toThrow(
    /column "colour" does not exist/,
  );
  expect(await indexes(database)).toHaveLength(1);
});

it('says how to find the keys that are there twice, and leaves nothing behind', async () => {
  const { database, build } = await orchard();
  await database.sql(`insert into fruits (name) values ('fig'), ('fig')`);
  const refusal = await build({ ...byName, unique: true }).catch((error: Error) => error.message);
  expect(refusal).toContain(
    'Make unique what this finds: select name, count(*) from "public"."fruits" group by name having count(*) > 1',
  );
  expect(refusal).not.toContain('fig');
  expect(await indexes(database)).toEqual([]);
});

it('builds anew over the invalid left-over of a build that was cut off', async () => {
  const { database, build } = await orchard();
  await database.sql(`insert into fruits (name) values ('fig'), ('fig')`);
  await expect(database.sql('create unique index concurrently by_name on fruits (name)')).rejects.toThrow();
  expect(await indexes(database)).toMatchObject([{ valid: false }]);
  await build(byName);
  expect(await indexes(database)).toMatchObject([{ valid: true, definition: expect.stringContaining('CREATE INDEX') }]);
});

it('names the session a build waits for, and goes on when that ends', async () => {
  const { database, build } = await orchard();
  const report = await oldSnapshot(database);
  const { run, until } = watchedRun();
  const building = build(byName, run);
  const progress = await until(({ detail }) => detail.includes('waits for'));
  expect(progress).toMatchObject({
    file: 'expand',
    detail: expect.stringMatching(
      new RegExp(
        `^index "public"."by_name", waiting for .* waits for pid ${report.pid} \\(report, idle in transaction`,
      ),
    ),
  });
  await report.client.query('commit');
  await building;
  expect(await indexes(database)).toMatchObject([{ valid: true }]);
});

it('gives up a build that stands still for too long, naming who is in the way', async () => {
  const { database, build } = await orchard();
  const report = await oldSnapshot(database);
  await expect(build(byName, phaseRun(), { patienceMs: 300 })).rejects.toMatchObject({
    code: 'database-locked',
    message: expect.stringMatching(new RegExp(`waits for pid ${report.pid} \\(report.* within 300 ms`)),
  });
  expect(await indexes(database)).toEqual([]);
});

it('drops what it has begun when it is aborted, and says so where it cannot', async () => {
  const { database, build } = await orchard();
  const report = await oldSnapshot(database);
  const aborted = async (detail: RegExp) => {
    const abort = new AbortController();
    const { run, until, seen } = watchedRun({ signal: abort.signal });
    const building = build(byName, run, { cleanUpMs: 500 });
    await until((progress) => detail.test(progress.detail));
    abort.abort(new Error('enough'));
    await expect(building).rejects.toThrow('enough');
    return seen.at(-1)?.detail;
  };
  await aborted(/waiting for .*report/);
  expect(await indexes(database)).toEqual([]);

  await report.client.query('select from fruits limit 1');
  expect(await aborted(/waiting for .*report/)).toMatch(
    'index "public"."by_name" is left behind invalid, and dropped by the next attempt or by drop index concurrently',
  );
  expect(await indexes(database)).toMatchObject([{ valid: false }]);
  await report.client.query('commit');
  await build(byName);
  expect(await indexes(database)).toMatchObject([{ valid: true }]);
});

it('waits for what a dead attempt still builds, and ends it to drop the index', async () => {
  const { database, build, drop } = await orchard();
  const report = await oldSnapshot(database);
  const orphan = deadAttempt(database);
  await expect.poll(() => indexes(database)).toMatchObject([{ valid: false }]);
  const { run, until } = watchedRun();
  const building = build(byName, run);
  await until(({ detail }) => /waits for an earlier attempt, waiting for .*sluice\/index/.test(detail));
  await report.client.query('commit');
  await orphan;
  await building;
  expect(await indexes(database)).toMatchObject([{ valid: true }]);

  await drop(theName);
  await oldSnapshot(database);
  const ended = expect(deadAttempt(database)).rejects.toMatchObject({ code: '57P01' });
  await expect.poll(() => indexes(database)).toMatchObject([{ valid: false }]);
  await drop(theName);
  await ended;
  expect(await indexes(database)).toEqual([]);
});

it('waits for what somebody else is building by hand', async () => {
  const { database, build } = await orchard();
  const report = await oldSnapshot(database);
  const somebody = await database.connect('psql');
  const byHand = somebody.query('create index concurrently by_name on fruits (name)');
  await expect.poll(() => indexes(database)).toMatchObject([{ valid: false }]);
  const { run, until } = watchedRun();
  const building = build(byName, run);
  await until(({ detail }) => /is being built by pid \d+, waiting for/.test(detail));
  await report.client.query('commit');
  await Promise.all([byHand, building]);
  expect(await indexes(database)).toMatchObject([{ valid: true }]);
});

it('stops building when the session of its phase was ended by a later attempt', async () => {
  const { database, build } = await orchard();
  await oldSnapshot(database);
  const { run, until } = watchedRun();
  const building = build(byName, run);
  await until(({ detail }) => detail.includes('waits for'));
  await database.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice/expand' and datname = current_database()
     order by backend_start limit 1`,
  );
  await expect(building).rejects.toMatchObject({ code: 'database-unreachable' });
  await expect
    .poll(() =>
      database.value(
        `select count(*)::int from pg_stat_activity where application_name = 'sluice/index' and datname = current_database()`,
      ),
    )
    .toBe(0);
});

it('drops an index under readers, naming the one it waits for, and leaves those of constraints alone', async () => {
  const { database, build, drop } = await orchard();
  await build(byName);
  const report = await oldSnapshot(database);
  await report.client.query('select from fruits limit 1');
  const { run, until } = watchedRun();
  const dropping = drop(theName, run);
  await until(({ detail }) => new RegExp(`^index "public"."by_name", waits for pid ${report.pid}`).test(detail));
  await report.client.query('commit');
  await dropping;
  await drop(theName);
  expect(await indexes(database)).toEqual([]);
  await expect(drop({ schema: 'public', name: 'fruits_pkey' })).rejects.toThrow(
    /constraint "fruits_pkey" stands on it. Drop the constraint/,
  );
});

it('takes any name, and looks for functions in the schema of the table', async () => {
  const { database, build } = await orchard();
  await database.sql(`create schema "A ""b"""; create table "A ""b"""."Order" ("Key" text);
    create function "A ""b""".bare(text) returns text language sql immutable as 'select trim($1)'`);
  const table = { schema: 'A "b"', name: 'Order' };
  const index = { table, name: 'By "Key"', elements: 'bare("Key")', include: ['Key'] };
  await build(index);
  await build(index);
  expect(await indexes(database)).toMatchObject([{ name: 'By "Key"', valid: true }]);
});

async function orchard() {
  const database = await scratchDatabase();
  await database.sql(`create table fruits (id bigint generated always as identity primary key, name varchar(50));
    insert into fruits (name) select 'fruit ' || n from generate_series(1, 500) n`);
  const inPhase = (run: PhaseRun, work: (session: PhaseSession) => Promise<void>) =>
    inPhaseSession(
      {
        phase: 'expand',
        migration: migration(database, {}),
        run,
        lockTimeoutMs: 200,
        statementTimeoutMs: 10_000,
        lockPatienceMs: 10_000,
        log: () => {},
      },
      work,
    );
  return {
    database,
    build: (index: IndexDefinition, run = phaseRun(), limits = {}) =>
      inPhase(run, (session) => buildIndex(session, index, limits)),
    drop: (index: typeof theName, run = phaseRun()) => inPhase(run, (session) => dropIndex(session, index)),
  };
}

interface Built {
  readonly oid: number;
  readonly name: string;
  readonly valid: boolean;
  readonly definition: string;
}

/** Without that of the key. */
function indexes({ sql }: Scratch): Promise<Built[]> {
  return sql<Built & pg.QueryResultRow>(
    `select indexrelid as oid, relname as name, indisvalid as valid, pg_get_indexdef(indexrelid) as definition
     from pg_index join pg_class on pg_class.oid = indexrelid join pg_namespace on pg_namespace.oid = relnamespace
     where not indisprimary and nspname not in ('pg_catalog', 'pg_toast', 'information_schema', 'sluice')`,
  );
}

/** Holds the index as an attempt does whose process is gone and whose server has not noticed. */
async function deadAttempt(database: Scratch): Promise<void> {
  const client = await database.connect('sluice/index');
  await client.query(`select pg_advisory_lock(hashtextextended('sluice index "public"."by_name"', 0))`);
  await client.query('create index concurrently by_name on fruits (name)');
  await client.end();
}

/** What a dump or a cursor is to a build: a transaction with a snapshot, on another table than the index's. */
async function oldSnapshot(database: Scratch) {
  const client = await database.connect('report');
  await client.query('begin isolation level repeatable read');
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]?.pid };
}
