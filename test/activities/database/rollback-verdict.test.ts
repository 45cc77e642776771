import { expect, it } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import { describeVerdict } from '../../../domain/rollback-verdict.js';
import { createCustomers, migration, names, phaseRun, scratchDatabase } from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

async function shopDatabase() {
  const database = await scratchDatabase();
  await createCustomers(database, 5);
  return database;
}

it('judges files of SQL by what their statements do, and is irreversible once contract has begun', async () => {
  const database = await shopDatabase();
  const contracts = { ...names, 'contract/V2.4__more.sql': 'comment on table customers is null' };
  const shop = migration(database, contracts);
  const verdict = async (of = shop) => (await engine.plan(of)).rollback;
  const safe = {
    verdict: 'safe',
    because: ['going back loses what the new version wrote into customers.first_name, customers.last_name'],
  };
  expect(await verdict()).toEqual(safe);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  expect(await verdict()).toEqual(safe);

  await engine.contract(migration(database, names), phaseRun());
  expect(await verdict()).toEqual({ verdict: 'irreversible', because: ['contract/V2.3__full_name.sql has begun'] });
  expect(await verdict(migration(database, names))).toBe(undefined);

  const judged = async (sql: string) =>
    verdict(migration(database, { 'expand/V9__x.sql': sql, 'expand/U9__x.sql': 'select 1' }));
  expect(await judged('create table a (id int); create index on a (id)')).toEqual({ verdict: 'safe', because: [] });
  expect(await judged('create trigger t before insert on a for each row execute function f()')).toMatchObject({
    verdict: 'shim',
  });
  expect(await judged('alter table customers add column x int; update customers set x = 1')).toEqual({
    verdict: 'irreversible',
    because: ['expand/V9__x.sql changes what is there (Update)'],
  });
  expect(await judged('alter table customers alter column id type text')).toMatchObject({ verdict: 'irreversible' });
});

it('takes the worst of the operations that are open, with what they say they lose', async () => {
  const database = await shopDatabase();
  const shop = (...operations: readonly object[]) =>
    migration(database, {}, { operations: [{ name: '1_x.json', text: JSON.stringify({ operations }) }] });
  const column = (name: string) => ({
    add_column: { table: 'customers', column: { name, type: 'text', nullable: true } },
  });
  const shout = {
    alter_column: {
      table: 'customers',
      column: 'full_name',
      type: 'varchar(80)',
      up: 'upper(full_name)',
      down: 'full_name',
    },
  };
  const told = async (...operations: readonly object[]) => {
    const { rollback } = await engine.plan(shop(...operations));
    return rollback === undefined ? undefined : describeVerdict(rollback);
  };
  expect(await told({ rename_column: { table: 'customers', from: 'full_name', to: 'name' } })).toBe(
    'rollback: safe with the old code',
  );
  expect(await told(column('note'), shout)).toMatch(/^rollback: needs a shim: alter_column loses /);
  expect(await told({ sql: { up: 'drop table if exists nothing' } })).toMatch(/^rollback: irreversible from here: sql/);

  await engine.expand(shop(column('note')), phaseRun());
  await engine.backfill(shop(column('note')), phaseRun());
  expect(await told(column('note'))).toMatch(
    /^rollback: safe with the old code: add_column loses what the new version/,
  );
  await database.sql(`update sluice.schema_migration set state = 'contracting'`);
  expect(await told(column('note'))).toBe('rollback: irreversible from here: contract of 1_x.json has begun');
  await engine.contract(shop(column('note')), phaseRun());
  expect(await told(column('note'))).toBe(undefined);
});
