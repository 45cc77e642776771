import { expect, it } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import type { Migration, PhaseRun } from '../../../activities/database/schema-engine.js';
import { lineTo } from './line.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase } from './scratch.js';

// Every connection ends at the answer to one of its commits: nobody knows then whether it was committed.

const engine = createEngineOfEach({ pacing: { pauseRatio: 0, targetMs: 1 } });

type Verb = (migration: Migration, run: PhaseRun) => Promise<unknown>;

/** Tried again until it comes through, as every `database-unreachable` is; fails when no answer was lost. */
async function comesThrough(verb: Verb, of: Migration): Promise<void> {
  const shop = { ...of, ...(await lossyLine(of)) };
  for (let attempts = 1; ; attempts++) {
    const error: unknown = await verb(shop, phaseRun()).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) return expect(attempts).toBeGreaterThan(1);
    expect(error).toMatchObject({ code: 'database-unreachable' });
  }
}

it('does nothing twice and leaves nothing out in files of SQL', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 300);
  await database.sql('create table counted (id int primary key, n int not null default 0)');
  await database.sql('insert into counted select generate_series(1, 300)');
  const shop = migration(database, {
    ...names,
    'backfill/V2.25__count.sql': `-- sluice: table=counted key=id batch=100
-- sluice: verify=select count(*) from counted where n <> 1
update counted set n = n + 1 where id > :after and id <= :upto`,
  });
  await comesThrough(engine.expand, shop);
  await comesThrough(engine.backfill, shop);
  expect(await database.sql('select n, count(*)::int as rows from counted group by n')).toEqual([{ n: 1, rows: 300 }]);
  await comesThrough((of, run) => engine.rollback(of, [], run), shop);
  await database.sql('update counted set n = 0');
  await comesThrough(engine.expand, shop);
  await comesThrough(engine.backfill, shop);
  expect(await engine.verify(shop)).toBe(0);
  await comesThrough(engine.contract, shop);
  expect(await database.sql('select version, type from flyway_schema_history order by installed_rank')).toEqual(
    ['2.1', '2.2', '2.25', '2.2 DELETE', '2.25 DELETE', '2.1 DELETE', '2.1', '2.2', '2.25', '2.3'].map((row) => {
      const [version, type = 'SQL'] = row.split(' ');
      return { version, type };
    }),
  );
});

it('does nothing twice and leaves nothing out in operations, the way back included', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 300);
  await database.sql('create table orders (id int primary key, note text)');
  const operations = [
    {
      alter_column: {
        table: 'customers',
        column: 'full_name',
        type: 'varchar(80)',
        up: 'upper(full_name)',
        down: 'full_name',
      },
    },
    { rename_column: { table: 'orders', from: 'note', to: 'words' } },
    { create_index: { table: 'orders', name: 'by_words', columns: [{ column: 'words' }] } },
  ];
  const text = JSON.stringify({ operations });
  const shop = migration(database, {}, { operations: [{ name: '1_change.json', text }] });
  const shape = () =>
    database.sql(`select table_schema, table_name, column_name, data_type from information_schema.columns
      where table_schema ~ '^public' order by 1, 2, ordinal_position`);
  const before = await shape();
  await comesThrough(engine.expand, shop);
  await comesThrough(engine.backfill, shop);
  await comesThrough((of, run) => engine.rollback(of, [], run), shop);
  expect(await shape()).toEqual(before);
  await comesThrough(engine.expand, shop);
  await comesThrough(engine.backfill, shop);
  await comesThrough(engine.contract, shop);
  expect(await database.value(`select count(*)::int from customers where full_name ~ '^ANN LEE'`)).toBe(300);
  expect(await database.value('select count(words)::int from orders')).toBe(0);
  expect(await database.value(`select string_agg(event, ', ' order by id) from sluice.schema_event`)).toBe(
    'expand begun, expanded, filled, rollback begun, rolled back, expand begun, expanded, filled, contract begun, contracted',
  );
});

it('says of a tuning that nobody knows whether it is written, and takes it again for the same', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const shop = migration(database, names);
  const said = { tuning: { pace: 0.5 }, reset: false, actor: 'ann', reason: '' };
  const tune = (of: Migration) => engine.tune(of, said, phaseRun());
  await expect(tune({ ...shop, ...(await lossyLine(database)) })).rejects.toMatchObject({
    code: 'database-unreachable',
    message: expect.stringMatching(
      /^expected to hear that the tuning is written, found Connection terminated.*: nobody knows whether it is; say it again, which does no harm$/,
    ) as string,
  });
  expect(await tune(shop)).toMatchObject([{ file: 'backfill/V2.2__names.sql', now: { pace: 0.5 } }]);
  expect(await database.sql('select tuning from sluice.schema_tuning')).toEqual([{ tuning: { pace: 0.5 } }]);
});

/** A way to the server that passes every COMMIT on, and ends at the answer to the first, the second or the third in turn. */
async function lossyLine({ url }: Pick<Scratch, 'url'>): Promise<{ readonly url: string }> {
  let turn = 0;
  const line = await lineTo(url, (client, server) => {
    let commits = 0;
    let isDue = false;
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const end of [client, server]) end.on('error', cut).on('close', cut);
    client.on('data', (said) => {
      if (said.includes('commit\0') && ++commits === (turn % 3) + 1) {
        isDue = true;
        turn += 1;
      }
      server.write(said);
    });
    server.on('data', (said) => (isDue ? cut() : client.write(said)));
  });
  return { url: line };
}
