import { afterAll, beforeAll, expect } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
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

const it = itWithEverything('a database server that crashes, or takes no writes');
const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

let servers: Awaited<ReturnType<typeof ownServers>>;
let server: OwnServer;

beforeAll(async () => {
  servers = await ownServers();
  server = await servers.start();
});

afterAll(() => servers.end());

it('goes on after a crash of the server in the middle of a batch: no row skipped, none done twice', async () => {
  const url = await server.database('batch');
  const database = await scratchAt(url);
  await createCounted(database, 2_000);
  await database.sql(`create function slowly() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.001); return new; end $$;
    create trigger slowly before update on counted for each row execute function slowly()`);
  const shop = migration(database, counting);
  const { run, until } = watchedRun();
  const lost = engine.backfill(shop, run).catch((error: unknown) => error);
  await until(({ rows }) => (rows?.done ?? 0) > 300);
  await atWork(database, 'sluice/backfill', '%update counted%');
  await server.kill();
  expect(await lost).toMatchObject({ code: 'database-unreachable' });

  await server.start();
  const restarted = await scratchAt(url);
  const done = await restarted.value<number>('select rows::int from sluice.schema_backfill');
  expect(done).toBeGreaterThan(300);
  expect(done).toBeLessThan(2_000);
  expect(await restarted.value('select count(*)::int from counted where n = 1')).toBe(done);
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows: 2_000 });
  expect(await restarted.sql('select n, count(*)::int as rows from counted group by n')).toEqual([
    { n: 1, rows: 2_000 },
  ]);
});

it('goes on after a crash of the server in the middle of expand: of the file that ran nothing is kept', async () => {
  const url = await server.database('expand');
  const database = await scratchAt(url);
  await createCustomers(database, 100);
  await database.sql('create table held ()');
  await database.sql('insert into held default values');
  const shop = migration(database, {
    'expand/V1__first.sql': 'alter table customers add column nick_name text;',
    'expand/U1__first.sql': 'alter table customers drop column nick_name;',
    'expand/V2.1__names.sql': `${names['expand/V2.1__names.sql']} select pg_sleep(600) from held;`,
    'expand/U2.1__names.sql': names['expand/U2.1__names.sql'],
  });
  const lost = engine.expand(shop, phaseRun()).catch((error: unknown) => error);
  await atWork(database, 'sluice/expand', '%pg_sleep%');
  await server.kill();
  expect(await lost).toMatchObject({ code: 'database-unreachable' });

  await server.start();
  const restarted = await scratchAt(url);
  expect(await engine.read(shop, 'expand')).toEqual(['1']);
  expect(await columns(restarted)).toEqual(['full_name', 'id', 'nick_name']);
  await restarted.sql('delete from held');
  await engine.expand(shop, phaseRun());
  expect(await columns(restarted)).toEqual(['first_name', 'full_name', 'id', 'last_name', 'nick_name']);
});

it('builds an index anew in whose build the server crashed', async () => {
  const url = await server.database('index');
  const database = await scratchAt(url);
  await createCustomers(database, 100);
  const shop = migration(
    database,
    {},
    {
      operations: [
        {
          name: '01_index.yaml',
          text: `operations:
  - create_index: { name: by_name, table: customers, columns: [{ column: full_name }] }`,
        },
      ],
    },
  );
  const reader = await database.connect('report');
  await reader.query('begin isolation level repeatable read; select count(*) from customers');
  await engine.expand(shop, phaseRun());
  const lost = engine.backfill(shop, phaseRun()).catch((error: unknown) => error);
  await atWork(database, '%', 'create index concurrently%');
  await expect.poll(() => database.value(`select count(*)::int from pg_index where not indisvalid`)).toBe(1);
  await server.kill();
  expect(await lost).toMatchObject({ code: 'database-unreachable' });

  await server.start();
  const restarted = await scratchAt(url);
  expect(await restarted.value('select count(*)::int from pg_index where not indisvalid')).toBe(1);
  await engine.backfill(shop, phaseRun());
  expect(
    await restarted.sql(`select indexrelid::regclass::text as name, indisvalid as valid from pg_index
      where indrelid = 'customers'::regclass and not indisprimary`),
  ).toEqual([{ name: 'by_name', valid: true }]);
});

it('refuses a database that is read-only, and leaves nothing behind', async () => {
  const database = await scratchAt(await server.database('reading'));
  await createCustomers(database, 10);
  await administer(server, 'alter database reading set default_transaction_read_only = on');
  await expect(engine.expand(migration(database, names), phaseRun())).rejects.toMatchObject({
    code: 'database-refused',
    message: expect.stringMatching(/^expected a database that takes writes, found default_transaction_read_only on;/),
  });
  expect(await database.value(`select to_regclass('flyway_schema_history') is null`)).toBe(true);
  await administer(server, 'alter database reading reset default_transaction_read_only');
  await engine.expand(migration(database, names), phaseRun());
});

it('refuses a standby, and works on it once it is promoted', async () => {
  const shop = await scratchAt(await server.database('shop'));
  await createCustomers(shop, 10);
  const standby = await server.standby('replica-1');
  const migrated = migration({ url: standby.url('shop') }, names);
  await expect(engine.expand(migrated, phaseRun())).rejects.toMatchObject({
    code: 'database-unreachable',
    message: expect.stringMatching(/^expected a server that takes writes, found a standby; give sluice the address/),
  });
  await administer(standby, 'select pg_promote()');
  await engine.expand(migrated, phaseRun());
  expect(await engine.read(migrated, 'expand')).toEqual(['2.1']);
});

/** Until a session of that name runs a statement like that. */
async function atWork({ value }: Scratch, name: string, statement: string): Promise<void> {
  const running = () =>
    value<number>(
      `select count(*)::int from pg_stat_activity where application_name like $1 and query ilike $2
         and state = 'active' and pid <> pg_backend_pid() and datname = current_database()`,
      [name, statement],
    );
  await expect.poll(running, { interval: 5 }).toBeGreaterThan(0);
}

async function columns({ sql }: Scratch): Promise<readonly string[]> {
  const rows = await sql<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = 'customers'::regclass and attnum > 0 and not attisdropped order by attname`,
  );
  return rows.map(({ name }) => name);
}
