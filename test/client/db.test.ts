import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createCustomers, names, scratchDatabase } from '../activities/database/scratch.js';
import { until } from '../contract/until.js';
import { withEverything } from '../support/everything.js';
import { sluice, startSluice } from './command-line.js';

const all = withEverything('a backfill that the server holds back');

const root = mkdtempSync(path.join(tmpdir(), 'sluice-db-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A schema change in a folder of its own, and a database with as many customers. */
async function change(rows: number, files: Readonly<Record<string, string>> = names) {
  const dir = mkdtempSync(path.join(root, 'change-'));
  const write = (name: string, sql: string) => {
    mkdirSync(path.join(dir, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(dir, name), sql);
  };
  for (const [name, sql] of Object.entries(files)) write(name, sql);
  const database = await scratchDatabase();
  await createCustomers(database, rows);
  const args = (verb: string, ...more: string[]) => ['db', verb, '--dir', dir, '--url', database.url, ...more];
  const db = (verb: string, ...more: string[]) => sluice(args(verb, ...more));
  return { database, dir, write, args, db };
}

const columns = `select string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns where table_name = 'customers'`;

describe('sluice db', () => {
  it('takes a change from plan to contract, says each time what it did, and does nothing twice', async () => {
    const { database, db, write } = await change(300);
    expect((await db('plan')).stdout).toMatch(/pending +expand\/.*\n +pending +backfill\/.*\n +pending +contract\//);
    const before = await database.value<string>(columns);

    const expanded = await db('expand');
    expect(expanded).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('expand: 1 file') as string });
    expect(expanded.stderr).toContain('`sluice db rollback` takes it back');
    expect(await db('expand')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing was left to do'),
    });
    expect(await database.value(columns)).not.toBe(before);

    expect((await db('verify')).exitCode).toBe(3);
    expect((await db('backfill')).stdout).toMatch(/backfill: 1 file, 300 rows in \d+ batches/);
    expect(await db('verify')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('every row is filled') });

    expect((await db('contract', '--unproven')).exitCode).toBe(0);
    expect((await db('status')).stdout).not.toContain('pending');
    const { rows } = JSON.parse((await sluice(['db', 'history', '--url', database.url, '--json'])).stdout) as {
      rows: readonly { script: string; success: boolean }[];
    };
    expect(rows.map(({ script }) => script.split('/')[0])).toEqual(['expand', 'backfill', 'contract']);

    const back = await db('rollback');
    expect(back).toMatchObject({ exitCode: 3, stdout: '' });
    expect(back.stderr).toContain('what it removed cannot be brought back');

    // The next change stands in the same folder, as it does with Flyway.
    const contracted = await database.value(columns);
    write('expand/V9__note.sql', 'alter table customers add column note text;');
    write('expand/U9__note.sql', 'alter table customers drop column note;');
    await db('expand');
    expect(await database.value(columns)).toBe(`${contracted} note`);
    const next = await db('rollback');
    expect(next).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('rollback: 1 file') as string });
    expect(next.stderr).toContain('Will take back: expand/V9__note.sql.');
    expect(await database.value(columns)).toBe(contracted);
    expect((await db('rollback')).exitCode).toBe(3);
  });

  it('takes expand back, with the backfill that came after', async () => {
    const { database, db } = await change(50);
    const before = await database.value<string>(columns);
    await db('expand');
    await db('backfill');
    expect((await db('rollback')).stdout).toContain('rollback: 2 files');
    expect(await database.value(columns)).toBe(before);
    expect((await db('plan')).stdout).not.toMatch(/applied|begun/);
  });

  it('stops a backfill on Ctrl-C, says how to go on, and goes on where it stopped', async () => {
    const { args, db } = await change(200_000);
    await db('expand');
    const running = startSluice(args('backfill', '--json'));
    await running.printed(' rows/s');
    running.process.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.exitCode).toBe(7);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ error: { code: 'stopped' }, exitCode: 7 });
    expect(stopped.stderr).toContain('goes on where it stopped');

    const files = async () =>
      (JSON.parse((await db('status', '--json')).stdout) as { files: { state: string; rows?: number }[] }).files;
    const begun = (await files()).find(({ state }) => state === 'begun');
    expect(begun?.rows).toBeGreaterThan(0);
    expect(begun?.rows).toBeLessThan(200_000);
    expect((await db('backfill')).stdout).toContain('200,000 rows');
    expect((await db('verify')).exitCode).toBe(0);
  });

  it.runIf(all)('waits while the server says not now, unless it is told to look away, and ends by Ctrl-C', async () => {
    const { args, database, db } = await change(100_000);
    await db('expand');
    const cleaner = await database.connect('cleaner');
    await cleaner.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1');
    const vacuum = cleaner.query('vacuum customers').catch((error: unknown) => error);
    const running = startSluice(args('backfill', '--json'));
    await running.printed('waits: a vacuum (pid ');
    running.process.kill('SIGINT');
    expect(await running.ended).toMatchObject({ exitCode: 7 });

    const nonsense = await db('backfill', '--brake', 'vacuum=never');
    expect(nonsense).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('expected vacuum to be on or off') });
    const done = await db('backfill', '--brake', 'replicaBytes=1GB', '--brake', 'vacuum=off');
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('100,000 rows') });
    await database.sql(`select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'cleaner'
      and datname = current_database()`);
    await vacuum;
  });

  it('tunes a backfill before and while it runs, says what was and is, and refuses nonsense and what is done', async () => {
    const { args, db } = await change(100_000);
    for (const [said, words] of [
      [['--pace', 'half'], 'expected a share of the time from 1% to 100%, or full'],
      [['--batch-ms', '0'], 'expected a whole number of milliseconds from 1 to 1000'],
      [['--brake', 'vacuum=never'], 'expected vacuum to be on or off'],
      [['--brake', 'standbyQueries=off'], 'found standbyQueries, which strong locks wait for'],
      [[], 'expected --pace, --batch-ms, --jobs, --brake or --reset'],
    ] as const) {
      expect(await db('tune', ...said)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) });
    }
    const file = 'backfill/V2.2__names.sql';
    const tuned = await db('tune', '--pace', '1%', '--actor', 'ann', '--reason', 'sale');
    expect(tuned).toMatchObject({ exitCode: 0, stdout: `${file}: pace 1 % (before: as it was begun)\n` });
    await db('expand');
    expect((await db('status')).stdout).toMatch(/pending +backfill\/V2\.2__names\.sql +tuned by ann: pace 1 %/);
    const running = startSluice(args('backfill', '--batch-ms', '5', '--json'));
    await running.printed(' rows/s');
    const faster = await db('tune', '--reset', '--pace', 'full', '--actor', 'ben');
    expect(faster).toMatchObject({ exitCode: 0, stdout: `${file}: full pace (before: pace 1 %)\n` });
    const { stdout, stderr } = await running.ended;
    expect(JSON.parse(stdout)).toMatchObject({ rows: 100_000 });
    expect(stderr).toMatch(/tuned by ann: pace 1 %[^]*tuned by ben: full pace/);
    expect((await db('plan')).stdout).not.toContain('tuned');
    expect(await db('tune', '--pace', '20%')).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it('contracts only when the sessions of the old version are gone', async () => {
    const { database, db } = await change(10);
    await db('expand');
    await db('backfill');
    expect(await db('contract')).toMatchObject({ exitCode: 2 });
    const old = await database.connect('shop-1');
    const refused = await db('contract', '--old-sessions', 'shop-%');
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toMatch(/pid \d+ "shop-1"[^]*\n.*not looked at: statements that are run/);
    await old.end();
    const done = await until(
      async () => db('contract', '--old-sessions', 'shop-%'),
      ({ exitCode }) => exitCode === 0,
    );
    expect(done.stderr).toMatch(/^not looked at: statements that are run, as nobody counts them here; create/m);
  });

  it('closes the old form before it contracts, says who is kept out and since when, and opens it again', async () => {
    const orders = { 'contract/V2.4__orders.sql': 'drop table orders;' };
    const { database, db, args } = await change(3, { ...names, ...orders });
    const app = `app_${process.pid}_${Date.now()}`;
    await database.sql(
      `create table orders (id int); create role ${app} login; grant select on customers, orders to ${app}`,
    );
    onTestFinished(async () => void (await database.sql(`drop owned by ${app}; drop role ${app}`)));
    const plan = (await db('plan')).stdout;
    expect(plan).toContain(`would keep out ${app} of public.orders, public.customers (full_name)`);
    expect(plan).toContain('postgres is a superuser and keeps its rights: sessions of postgres are not tried');
    expect(plan).toContain('\nnot looked at: statements that are run, as nobody counts them here; create extension');
    for (const verb of ['expand', 'backfill']) expect((await db(verb)).exitCode).toBe(0);
    expect(await db('contract', '--soft')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--unproven'),
    });
    expect(await db('contract', '--soft', '--reopen')).toMatchObject({ exitCode: 2 });

    // Killed between the two tables, it goes on from there, and back from there.
    const other = await database.connect('other');
    const left = () => database.value<string>(`select string_agg(relation, ' ') from sluice.schema_closed`);
    const reads = (table: string) => database.value(`select has_any_column_privilege('${app}', '${table}', 'SELECT')`);
    await other.query('begin; lock table customers in exclusive mode');
    const killed = startSluice(args('contract', '--soft', '--unproven'));
    await expect.poll(() => left().catch(() => null), { interval: 20 }).toBe('public.orders');
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(await reads('orders')).toBe(false);
    await other.query('commit');
    const soft = await db('contract', '--soft', '--unproven');
    expect(soft).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('`select *` of their table fails') });
    expect(soft.stdout).toMatch(new RegExp(`\nclosed since .*: keeps out ${app} of public.orders, public.customers`));
    expect(soft.stdout).toContain('When nobody has cried: `sluice db contract`');
    expect((await db('status')).stdout).toContain('closed since');
    const history = await sluice(['db', 'history', '--url', database.url]);
    expect(history.stdout).toMatch(
      /public\.customers \(full_name\) is closed since .*, by postgres of sluice db: keeps out app_/,
    );

    const reopen = (...more: string[]) => sluice(['db', 'contract', '--reopen', '--url', database.url, ...more]);
    expect(await db('contract', '--lane', 'demo/shop')).toMatchObject({ exitCode: 2 });
    const others = await reopen('--lane', 'demo/shop');
    expect(others.stdout).toMatch(
      /^reopened: nothing was closed\npublic\.orders stays closed, by sluice db in schema public/,
    );
    expect(await reads('orders')).toBe(false);
    expect((await reopen()).stdout).toMatch(/^reopened: public\.orders, public\.customers \(full_name\)\n$/m);
    expect(await reads('orders')).toBe(true);
    expect((await db('status')).stdout).not.toContain('closed since');
    expect((await db('contract', '--soft', '--unproven')).exitCode).toBe(0);
    expect((await db('contract', '--unproven')).exitCode).toBe(0);
    expect(await database.value(`select has_table_privilege('${app}', 'customers', 'SELECT')`)).toBe(true);
    expect((await sluice(['db', 'history', '--url', database.url])).stdout).not.toContain('closed since');
  });

  it('leaves another that is at work alone, and says who it is', async () => {
    const { args, database, db } = await change(1_000);
    await db('expand');
    const other = await database.connect();
    await other.query('begin; lock table customers in exclusive mode');
    const running = startSluice(args('backfill'));
    await running.printed('backfill/');
    const waiting = `select count(*)::int from pg_stat_activity where application_name = 'sluice/backfill' and wait_event_type = 'Lock'`;
    await until(
      () => database.value<number>(waiting),
      (count) => count > 0,
    );
    const second = await db('backfill');
    await other.query('commit');
    expect(second.exitCode).toBe(7);
    expect(second.stderr).toMatch(
      /^database-locked: expected no other schema change in this database, found one .*sluice\/backfill/m,
    );
    expect((await running.ended).exitCode).toBe(0);
  });
});

describe('is refused before anything is changed:', () => {
  it('a file that was changed after it was applied, with both checksums', async () => {
    const { write, db } = await change(1);
    await db('expand');
    const [name = ''] = Object.keys(names).filter((it) => it.startsWith('expand/V'));
    write(name, `${names[name as keyof typeof names]}\n-- changed`);
    const { exitCode, stderr } = await db('expand');
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/expected the content applied as .* with checksum -?\d+, found checksum -?\d+/);
  });

  it('every problem of the files at once', async () => {
    const { db } = await change(1, { 'expand/x.sql': 'select 1', 'expand/V1__a.sql': 'commit' });
    const { exitCode, stdout } = await db('plan');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('expand/x.sql: expected a name such as');
    expect(stdout).toContain('expand/V1__a.sql');
  });

  it('a folder that is not there, and no database at all', async () => {
    const { dir } = await change(1);
    expect(await sluice(['db', 'plan', '--dir', '/nowhere', '--url', 'postgres:///x'])).toMatchObject({ exitCode: 2 });
    const none = { DATABASE_URL: '', PGHOST: '', PGDATABASE: '', PGSERVICE: '' };
    const nameless = await sluice(['db', 'plan', '--dir', dir], { env: none });
    expect(nameless).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('DATABASE_URL') });
  });
});

it('says which database it cannot reach, without its password', async () => {
  const { dir } = await change(1);
  const url = 'postgres://ann:s3cret@127.0.0.1:1/shop';
  const { exitCode, stderr } = await sluice(['db', 'expand', '--dir', dir, '--url', url]);
  expect(exitCode).toBe(6);
  expect(stderr).toContain('database-unreachable: connect ECONNREFUSED 127.0.0.1:1');
  expect(stderr).not.toContain('s3cret');
});
