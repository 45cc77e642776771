import { expect, it } from 'vitest';
import { createOperationsEngine } from '../../../../activities/database/operations-engine.js';
import { migration, phaseRun, scratchDatabase } from '../scratch.js';

it('adds a value to an enum type for both versions, which stays when one goes back', async () => {
  const database = await scratchDatabase();
  await database.sql(
    `create type size as enum ('small', 'large'); create table fruits (id int primary key, size size)`,
  );
  const text = JSON.stringify({
    operations: [{ change_enum: { name: 'size', add: [{ value: 'medium', before: 'large' }, { value: 'xl' }] } }],
  });
  const shop = migration(database, {}, { operations: [{ name: '1.json', text }] });
  const labels = () => database.value('select array_agg(value::text) from unnest(enum_range(null::size)) value');
  const engine = createOperationsEngine();

  await engine.expand(shop, phaseRun());
  expect(await labels()).toEqual(['small', 'medium', 'large', 'xl']);
  await database.sql(`insert into public_1.fruits values (1, 'medium')`);
  await engine.rollback(shop, [], phaseRun());
  expect(await labels()).toEqual(['small', 'medium', 'large', 'xl']);
  expect(await database.value('select size from fruits')).toBe('medium');

  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await engine.contract(shop, phaseRun());
  expect(await labels()).toEqual(['small', 'medium', 'large', 'xl']);
});
