import { expect, inject, it } from 'vitest';
import { connect } from '../../../activities/database/connection.js';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { isReleaseError } from '../../../domain/failure.js';
import { createCounted, counting, migration, phaseRun, scratchDatabase, watchedRun } from './scratch.js';

const engine = createPhasedSqlEngine();
const undo = { 'expand/U1__x.sql': 'select 1' };

const faults: readonly (readonly [sql: string, message: RegExp])[] = [
  [
    'create table a (id int);\n\nselect ä.*,\n  missing from a ä',
    /^expand\/V1__x.sql:4:3: column "missing" does not exist \(SQLSTATE 42703\)/,
  ],
  ["select '😀😀', missing", /^expand\/V1__x.sql:1:14: column "missing"/],
  ['create table a (id int);\n  selec 1', /^expand\/V1__x.sql:2:3: syntax error at or near "selec"/],
  [
    'create table a (id int primary key);\ninsert into a values (1), (1)',
    /^expand\/V1__x.sql:2:1: duplicate key [^()]* \(SQLSTATE 23505\)$/,
  ],
  ['select 1;\nselect lenght(1)', /^expand\/V1__x.sql:2:8: .*Hint: /],
  [
    `do $$ begin\n raise exception 'no' using hint = 'do this'; end $$`,
    /:1:1: no \(SQLSTATE P0001\). Hint: do this. Context: PL\/pgSQL function/,
  ],
  [
    'create table a (id int primary key deferrable initially deferred); insert into a values (1), (1)',
    /^expand\/V1__x.sql: duplicate key/,
  ],
];

it.each(faults)('names the place in %j and keeps nothing of the file', async (sql, message) => {
  const database = await scratchDatabase();
  const shop = migration(database, { 'expand/V1__x.sql': sql, ...undo });
  await expect(engine.expand(shop, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(message),
  });
  expect(await database.value(`select to_regclass('a')`)).toBe(null);
  expect(await engine.read(shop, 'expand')).toEqual([]);
});

it('names the place and the keys of a batch that fails', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 500);
  await database.sql('update counted set n = 2147483647 where id = 2000 / 7 * 7');
  await expect(engine.backfill(migration(database, counting), phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(
      /^backfill\/V1__count.sql:3:1 \(keys after \d+ up to \d+\): integer out of range \(SQLSTATE 22003\)/,
    ),
  });
});

it('has no part of the URL in what it says when the database is not there', async () => {
  const database = await scratchDatabase();
  const { password } = new URL(database.url);
  expect(password.length).toBeGreaterThan(10);
  const change = (edit: (url: URL) => void) => {
    const url = new URL(database.url);
    edit(url);
    return url.href;
  };
  const urls = [
    change((url) => (url.port = '1')),
    change((url) => (url.hostname = 'no-such-host.invalid')),
    change((url) => (url.pathname = '/nowhere')),
    change((url) => (url.password = `${password}wrong`)),
    change((url) => (url.username = 'nobody')),
    change((url) => url.searchParams.set('ssl', 'true')),
    `postgres://postgres:${password}@127.0.0.1:port/shop`,
    `postgres://postgres:${password}@[broken/shop`,
  ];
  for (const url of urls) {
    const shop = migration({ url }, { 'expand/V1__x.sql': 'select 1', ...undo });
    for (const verb of [() => engine.plan(shop), () => engine.expand(shop, phaseRun())]) {
      const error: unknown = await verb().catch((reason: unknown) => reason);
      expect(isReleaseError(error) && error.code, String(error)).toMatch(
        /^(database-unreachable|database-refused|secret-missing)$/,
      );
      expect(everythingIn(error)).not.toContain(password);
    }
  }
});

it('ends the statement that runs when it is cancelled, and throws the reason', async () => {
  const database = await scratchDatabase();
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const shop = migration(database, { 'expand/V1__x.sql': 'create table a (id int); select pg_sleep(60)', ...undo });
  const expanding = engine.expand(shop, run);
  await until(({ detail }) => /^runs for \d+ s$/.test(detail));
  const reason = new Error('the operator aborted');
  stop.abort(reason);
  await expect(expanding).rejects.toBe(reason);
  const left = `select count(*)::int from pg_stat_activity where application_name like 'sluice/%' and datname = current_database()`;
  await expect.poll(() => database.value(left), { timeout: 5_000 }).toBe(0);
  expect(await database.value(`select to_regclass('a')`)).toBe(null);
  await expect(engine.expand(shop, phaseRun({ signal: stop.signal }))).rejects.toBe(reason);
});

it('holds a session to its own limits, whatever the URL says', async () => {
  const database = await scratchDatabase();
  const url = `${database.url}?application_name=x&lock_timeout=0&statement_timeout=0`;
  const session = await connect({ url, applicationName: 'sluice/test', lockTimeoutMs: 123, statementTimeoutMs: 456 });
  const show = async (name: string) => (await session.query<Record<string, string>>(`show ${name}`)).rows[0]?.[name];
  const limits = {
    application_name: 'sluice/test',
    lock_timeout: '123ms',
    statement_timeout: '456ms',
    idle_in_transaction_session_timeout: '10s',
    ...(inject('postgres') >= 14 ? { client_connection_check_interval: '500ms' } : {}),
  };
  for (const [name, value] of Object.entries(limits)) expect(await show(name), name).toBe(value);
  await session.query(`set lock_timeout = 0; set statement_timeout = 0; set application_name = 'x'`);
  await session.reset();
  for (const [name, value] of Object.entries(limits)) expect(await show(name), name).toBe(value);
  await session.close();
});

/** Message, stack, causes and every own property, as far down as they go. */
function everythingIn(error: unknown, depth = 0): string {
  if (depth > 5 || error === null || typeof error !== 'object') return String(error);
  return Reflect.ownKeys(error)
    .map((key) => everythingIn(Reflect.get(error, key), depth + 1))
    .join('\n');
}
