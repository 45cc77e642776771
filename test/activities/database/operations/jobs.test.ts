import { randomUUID } from 'node:crypto';
import { beforeEach, expect, inject, it, onTestFinished } from 'vitest';
import { connect } from '../../../../activities/database/connection.js';
import { createEngineOfEach } from '../../../../activities/database/engine-of-each.js';
import { readNameBeside } from '../../../../activities/database/fence.js';
import { createOperationsEngine } from '../../../../activities/database/operations-engine.js';
import { createPhasedSqlEngine } from '../../../../activities/database/phased-sql-engine.js';
import { standalone } from '../../../../activities/database/standalone.js';
import type { Migration } from '../../../../activities/database/schema-engine.js';
import type { Tuning } from '../../../../domain/tuning.js';
import { counting, createCounted, migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from '../scratch.js';

// Several jobs work at one table, and each row is filled once all the same.

const rows = 1_400;
const pages = 700;
/** A batch and its pause take so long that what is looked for is seen. */
const slow = { pacing: { pauseRatio: 20, targetMs: 2 } };
const engine = createOperationsEngine({ pacing: { pauseRatio: 0, targetMs: 2 } });
const slowEngine = createEngineOfEach(slow);
const canDivide = inject('postgres') >= 14;

let database: Scratch;

beforeEach(async () => {
  database = await scratchDatabase();
  // Two rows a page.
  await database.sql(`create table goods (id int primary key, name text, fills int default 0, ballast text);
    alter table goods alter ballast set storage plain;
    insert into goods (id, name, ballast) select n, 'good ' || n, repeat('x', 3000) from generate_series(1, ${rows}) n;
    create function on_fill() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger on_fill before update on goods for each row execute function on_fill()`);
  await onFill('');
  const found = `select pg_relation_size('goods') / current_setting('block_size')::int`;
  expect(Number(await database.value(found))).toBe(pages);
});

it.skipIf(!canDivide)('fill every row once, in sessions beside the one of the phase, which end with it', async () => {
  const shop = await expanded({ jobs: 4 });
  const { run, until } = watchedRun();
  const filling = slowEngine.backfill(shop, run);
  await Promise.race([until((progress) => (progress.rows?.done ?? 0) > 0), filling]);
  await expect.poll(jobsBeside, { interval: 20 }).toBe(3);
  await engine.tune(shop, { tuning: { pace: 1 }, actor: 'ann', reason: 'soon' }, phaseRun());
  expect(await filling).toMatchObject({ rows });
  expect(await jobsBeside()).toBe(0);
  await allFilledOnce(shop);
  expect(await database.value('select count(*)::int from sluice.schema_backfill where finished_at is not null')).toBe(
    5,
  );
});

it.skipIf(!canDivide)('begin and end as somebody wants while it runs', async () => {
  const shop = await expanded({});
  const { run, seen, until } = watchedRun();
  const filling = slowEngine.backfill(shop, run);
  await Promise.race([until((progress) => (progress.rows?.done ?? 0) > 0), filling]);
  expect(await jobsBeside()).toBe(0);
  const tune = (jobs: number, pace?: number) =>
    engine.tune(
      shop,
      { tuning: { jobs, ...(pace === undefined ? {} : { pace }) }, actor: 'ann', reason: '' },
      phaseRun(),
    );
  await tune(3);
  await expect.poll(jobsBeside, { interval: 20 }).toBe(2);
  await tune(1);
  await expect.poll(jobsBeside, { interval: 20 }).toBe(0);
  await tune(2, 1);
  expect(await filling).toMatchObject({ rows });
  expect(seen.filter(({ isNotice }) => isNotice).map(({ detail }) => detail)).toEqual([
    'tuned by ann: 3 jobs',
    'tuned by ann: 1 job',
    'tuned by ann: full pace, 2 jobs',
  ]);
  await allFilledOnce(shop);
});

it.skipIf(!canDivide)('go on after the death of any of them where each part stood', async () => {
  const shop = await expanded({ jobs: 3 });
  for (const who of ['beside', 'backfill'] as const) {
    const { run, until } = watchedRun();
    const filling = slowEngine.backfill(shop, run).catch((error: unknown) => error);
    await expect.poll(jobsBeside, { interval: 20 }).toBe(2);
    const before = await filled();
    await until((progress) => (progress.rows?.done ?? 0) > before);
    await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name ~ '^sluice/${who}' limit 1`);
    expect(await filling).toMatchObject({ code: 'database-unreachable' });
    await expect.poll(jobsBeside, { interval: 20 }).toBe(0);
    const done = await filled();
    expect(done).toBeGreaterThan(before);
    expect(done).toBeLessThan(rows);
    expect(await database.value('select sum(rows)::int from sluice.schema_backfill')).toBe(done);
  }
  // With another number of them, too.
  expect(await engine.backfill({ ...shop, jobs: 2 }, phaseRun())).toMatchObject({ rows });
  await allFilledOnce(shop);
});

it.skipIf(!canDivide)('are ended with their attempt when another one takes over', async () => {
  const shop = await expanded({ jobs: 3 });
  // They sit in a batch, whose locks the other attempt does not wait for.
  await onFill(
    `if old.id % 100 = 0 and current_setting('test.hurry', true) is null then perform pg_sleep(60); end if;`,
  );
  const patient = createOperationsEngine({ pacing: { pauseRatio: 0, targetMs: 2, limitMs: 60_000 } });
  const first = patient.backfill(shop, phaseRun()).catch((error: unknown) => error);
  await expect.poll(() => database.value(asleep), { interval: 20 }).toBe(3);
  await database.sql(
    `do $$ begin execute format('alter database %I set test.hurry = ''yes''', current_database()); end $$`,
  );
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows });
  expect(await first).toMatchObject({ code: 'database-unreachable' });
  await allFilledOnce(shop);
});

it('are ended by the next attempt also where their process is frozen, and can do nothing about it', async () => {
  const shop = await expanded({});
  const [claimant, beside] = [await database.connect('sluice/backfill'), await database.connect()];
  await claimant.query(`update sluice.schema_fence set (pid, backend_start) =
    (select pid, backend_start from pg_stat_activity where pid = pg_backend_pid())`);
  const { rows: found } = await claimant.query<{ pid: number }>('select pg_backend_pid() as pid');
  const reader = await connect({ ...database, applicationName: 'test', lockTimeoutMs: 0, statementTimeoutMs: 0 });
  const name = await readNameBeside(reader, found[0]?.pid ?? 0);
  await reader.close();
  await beside.query(`set application_name = '${name}'; begin; update goods set ballast = '' where id = 1`);
  expect(await jobsBeside()).toBe(1);
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows });
  expect(await jobsBeside()).toBe(0);
  await allFilledOnce(shop);
});

it.skipIf(!canDivide)('end with the first that cannot go on, and with whoever stops the run', async () => {
  const shop = await expanded({ jobs: 3 });
  await onFill(`if old.id = 200 then raise exception 'not this one'; end if;`);
  // Others would pause for longer than the test may take.
  const lazy = createOperationsEngine({ pacing: { pauseRatio: 20, targetMs: 2 } });
  await expect(lazy.backfill(shop, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringContaining('not this one') as string,
  });
  expect(await jobsBeside()).toBe(0);

  await onFill('');
  const stop = new AbortController();
  const filling = slowEngine.backfill(shop, phaseRun({ signal: stop.signal })).catch((error: unknown) => error);
  await expect.poll(jobsBeside, { interval: 20 }).toBe(2);
  stop.abort(new Error('enough'));
  expect(await filling).toMatchObject({ message: 'enough' });
  await expect.poll(jobsBeside, { interval: 20 }).toBe(0);
});

it('end in the middle of a batch when somebody stops the run, and leave nothing behind', async () => {
  const shop = await expanded({ jobs: 2 });
  await onFill('perform pg_sleep(60);');
  const stop = new AbortController();
  const patient = createOperationsEngine({ pacing: { pauseRatio: 0, limitMs: 60_000 } });
  const filling = patient.backfill(shop, phaseRun({ signal: stop.signal })).catch((error: unknown) => error);
  await expect.poll(() => database.value(asleep), { interval: 20 }).toBe(canDivide ? 2 : 1);
  stop.abort(new Error('enough'));
  expect(await filling).toMatchObject({ message: 'enough' });
  await expect.poll(() => database.value(asleep), { interval: 20 }).toBe(0);
});

it.skipIf(!canDivide)(
  'leave while a brake holds them, are as many as was said before, and go on when it lets go',
  async () => {
    const shop = await expanded({ jobs: 4, brakes: { slotBytes: 0 } });
    await holdSlot();
    const tune = (tuning: Tuning) => engine.tune(shop, { tuning, actor: 'ann', reason: '' }, phaseRun());
    await tune({ jobs: 3 });
    const { run, until } = watchedRun();
    const filling = slowEngine.backfill(shop, run);
    await Promise.race([until(({ waits }) => waits !== undefined), filling]);
    await expect.poll(jobsBeside, { interval: 20 }).toBe(2);
    await tune({ jobs: 1 });
    await expect.poll(jobsBeside, { interval: 20 }).toBe(0);
    expect(await filled()).toBeLessThan(rows);
    await tune({ jobs: 2, pace: 1, brakes: { slotBytes: 'off' } });
    expect(await filling).toMatchObject({ rows });
    await allFilledOnce(shop);
  },
);

it.skipIf(!canDivide)('are fewer for a while when the server has no session left for them', async () => {
  const url = await limitedTo(4);
  const shop = await expanded({ url, jobs: 8 });
  const { run, seen } = watchedRun();
  expect(await engine.backfill(shop, run)).toMatchObject({ rows });
  const notices = seen.filter(({ isNotice }) => isNotice).map(({ detail }) => detail);
  expect(notices).toContainEqual(expect.stringMatching(/^works with fewer jobs for now: .*too many connections/));
  await allFilledOnce(shop);
});

it('are one where nothing divides the table, and that is said', async () => {
  const other = await scratchDatabase();
  await createCounted(other, 10);
  const { run, seen } = watchedRun();
  const sql = createPhasedSqlEngine();
  await sql.backfill(migration(other, counting, { jobs: 4 }), run);
  expect(seen.filter(({ isNotice }) => isNotice)).toMatchObject([
    {
      file: 'backfill/V1__count.sql',
      detail: expect.stringMatching(/^works with one job: only what an operation fills/) as string,
    },
  ]);
});

it('go on with a table that a sluice without them had begun, which had one part', async () => {
  const shop = await expanded({ jobs: 3 });
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const filling = slowEngine.backfill({ ...shop, jobs: 1 }, run);
  await Promise.race([until((progress) => (progress.rows?.done ?? 0) > 0), filling]);
  stop.abort();
  await filling.catch(() => {});
  await database.sql(`update sluice.schema_backfill set finished_at = null,
      last_key = (select last_key from sluice.schema_backfill order by part desc limit 1);
    delete from sluice.schema_backfill where part > 0;
    alter table sluice.schema_backfill drop constraint schema_backfill_pkey, drop column part,
      add constraint schema_backfill_pkey primary key (schema_name, version)`);
  const operations = shop.operations ?? [];
  const order = { url: shop.url, files: [], operations, lockTimeoutMs: 200, lockPatienceMs: 1_000 };
  const { files } = await standalone.standing(order);
  expect(files.find(({ phase }) => phase === 'backfill')).toMatchObject({ state: 'begun', rows: await filled() });
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows });
  await allFilledOnce(shop);
});

/** A trigger of the service's own, which counts how often a row is filled. */
async function onFill(before: string): Promise<void> {
  await database.sql(`create or replace function on_fill() returns trigger language plpgsql as $$ begin ${before}
    if to_jsonb(new) ->> '_sluice_1_filled' = 'true' then new.fills := old.fills + 1; end if; return new; end $$`);
}

async function expanded(changes: Partial<Migration>): Promise<Migration> {
  const column = { name: 'loud', type: 'text', nullable: true };
  const text = JSON.stringify({ operations: [{ add_column: { table: 'goods', column, up: 'upper(name)' } }] });
  const shop = migration(database, {}, { ...changes, operations: [{ name: '1_loud.json', text }] });
  await engine.expand(shop, phaseRun());
  return shop;
}

/** One that keeps what the server writes to its log from now on. */
async function holdSlot(): Promise<void> {
  const slot = `s_${randomUUID().replaceAll('-', '_')}`;
  await database.sql(`select pg_create_physical_replication_slot($1, true)`, [slot]);
  onTestFinished(async () => void (await database.sql(`select pg_drop_replication_slot($1)`, [slot])));
}

/** The address for a role that may have so many sessions: the phase's own two among them. */
async function limitedTo(sessions: number): Promise<string> {
  const url = new URL(database.url);
  url.username = `few_${url.pathname.slice(1)}`;
  await database.sql(`create role ${url.username} login connection limit ${sessions} password '${decodeURIComponent(url.password)}';
    grant create on schema public to ${url.username}; alter table goods owner to ${url.username};
    do $$ begin execute format('grant create on database %I to ${url.username}', current_database()); end $$`);
  onTestFinished(
    async () => void (await database.sql(`drop owned by ${url.username} cascade; drop role ${url.username}`)),
  );
  return url.href;
}

const asleep = `select count(*)::int from pg_stat_activity
  where datname = current_database() and application_name ~ '^sluice/' and wait_event = 'PgSleep'`;

function jobsBeside(): Promise<number> {
  return database.value<number>(`select count(*)::int from pg_stat_activity
    where datname = current_database() and application_name ~ '^sluice/beside/'`);
}

function filled(): Promise<number> {
  return database.value<number>('select count(*)::int from goods where _sluice_1_filled');
}

async function allFilledOnce(shop: Migration): Promise<void> {
  expect(await engine.verify(shop)).toBe(0);
  expect(await database.value(`select count(*)::int from goods where loud = upper(name) and fills = 1`)).toBe(rows);
}
