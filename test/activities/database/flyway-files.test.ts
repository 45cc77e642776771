import { expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const engine = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });

const say = (what: string) => `insert into said (what) values ('${what}');`;
const said = async ({ sql }: Scratch) =>
  (await sql<{ what: string }>('select what from said order by n')).map(({ what }) => what);

async function sayingDatabase() {
  const database = await scratchDatabase();
  await database.sql('create table said (n int generated always as identity, what text)');
  return database;
}

const callbacks = {
  'expand/beforeMigrate.sql': say('before all, ${who}'),
  'expand/beforeMigrate__b.sql': say('and again'),
  'expand/beforeEachMigrate.sql': say('before each'),
  'expand/afterEachMigrate.sql': say('after each'),
  'expand/afterMigrate.sql': say('after all'),
  'expand/flyway.conf': 'flyway.placeholders.who=Ann',
};

it('runs callbacks around the files of their folder, and those after the last one whenever the phase is run', async () => {
  const database = await sayingDatabase();
  const one = { 'expand/V1__a.sql': say('one in ${flyway:defaultSchema}'), 'expand/U1__a.sql': say('not one') };
  const shop = migration(database, { ...callbacks, ...one });
  await engine.expand(shop, phaseRun());
  const first = ['before all, Ann', 'and again', 'before each', 'one in public', 'after each', 'after all'];
  expect(await said(database)).toEqual(first);
  await engine.expand(shop, phaseRun());
  expect(await said(database)).toEqual([...first, 'after all']);

  await database.sql('truncate said');
  const two = { 'expand/V2__b.sql': say('two'), 'expand/U2__b.sql': say('not two') };
  const three = { 'expand/V3__c.sql': say('three'), 'expand/U3__c.sql': say('not three') };
  const more = migration(database, { ...callbacks, ...one, ...two, ...three });
  await engine.expand(more, phaseRun());
  const each = (what: string) => ['before each', what, 'after each'];
  expect(await said(database)).toEqual([...first.slice(0, 2), ...each('two'), ...each('three'), 'after all']);
  await database.sql('truncate said');
  await engine.rollback(more, ['1'], phaseRun());
  expect(await said(database)).toEqual(['not three', 'not two']);
});

it('takes a file back together with its callbacks when one of them fails, and says where', async () => {
  const database = await sayingDatabase();
  const shop = migration(database, {
    'expand/V1__a.sql': say('one'),
    'expand/U1__a.sql': say('not one'),
    'expand/beforeMigrate.sql': say('before'),
    'expand/afterEachMigrate.sql': 'select 1;\nselect nothing;',
  });
  await expect(engine.expand(shop, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(/^expand\/afterEachMigrate\.sql:2:8: column "nothing" does not exist/) as string,
  });
  expect(await said(database)).toEqual([]);
  expect(await engine.read(shop, 'expand')).toEqual([]);
});

it('refuses what has no value and no place, with file and line, before anything is run', async () => {
  const database = await sayingDatabase();
  const shop = migration(database, {
    ...callbacks,
    'expand/V1__a.sql': `${say('one')}\n${say('${nobody}')}`,
    'expand/U1__a.sql': say('not one'),
    'expand/V1__a.sql.conf': 'shouldExecute=false',
    'expand/afterMigrateError.sql': say('error'),
    'expand/afterMigrate.sql': 'vacuum said',
  });
  const { refusals } = await engine.plan(shop);
  expect(refusals).toEqual([
    expect.stringMatching(/^expand\/V1__a\.sql\.conf:1: shouldExecute: /),
    expect.stringMatching(/^expand\/afterMigrateError\.sql: expected one of the callbacks/),
    expect.stringMatching(/^expand\/V1__a\.sql:2: expected flyway\.placeholders\.nobody in flyway\.conf/),
    expect.stringMatching(/^expand\/afterMigrate\.sql:1:1: every file runs in one transaction/),
  ]);
  await expect(engine.expand(shop, phaseRun())).rejects.toMatchObject({ code: 'migration-failed' });
  expect(await said(database)).toEqual([]);
});

it('fills with a placeholder’s value, and not half of the rows with another', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 2_000);
  const with_ = (mark: string) =>
    migration(database, {
      ...names,
      'backfill/V2.2__names.sql': names['backfill/V2.2__names.sql'].replace(`' ', 1)`, `' ', 1) || '\${mark}'`),
      'backfill/flyway.conf': `flyway.placeholders.mark=${mark}`,
    });
  await engine.expand(with_('!'), phaseRun());
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const filling = engine.backfill(with_('!'), run).catch(() => {});
  await until(({ rows }) => rows !== undefined);
  stop.abort();
  await filling;
  await expect(engine.backfill(with_('?'), phaseRun())).rejects.toMatchObject({ code: 'migration-changed' });
  await engine.backfill(with_('!'), phaseRun());
  expect(await engine.verify(with_('!'))).toBe(0);
  expect(await database.sql('select distinct first_name from customers')).toEqual([{ first_name: 'Ann!' }]);
  expect(await engine.plan(with_('?'))).toMatchObject({ refusals: [] });
});
