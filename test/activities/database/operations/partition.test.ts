import { expect, it } from 'vitest';
import { createOperationsEngine } from '../../../../activities/database/operations-engine.js';
import { migration, phaseRun, scratchDatabase } from '../scratch.js';

it('attaches a partition without looking through it, and finishes a detach that was cut off', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table sales (id int, day int) partition by list (day);
    create table monday partition of sales for values in (1);
    create table tuesday (id int, day int);
    insert into tuesday select n, 2 from generate_series(1, 10) n`);
  const name = await database.value<string>('select current_database()');
  await database.sql(`alter database "${name}" set client_min_messages = debug1`);
  const operations = [
    { attach_partition: { table: 'sales', partition: 'tuesday', values: 'IN (2)' } },
    { detach_partition: { table: 'sales', partition: 'monday' } },
  ];
  const shop = migration(
    database,
    {},
    { operations: [{ name: '1_parts.json', text: JSON.stringify({ operations }) }] },
  );
  const said: string[] = [];
  const engine = createOperationsEngine({ lockPatienceMs: 1, log: (line) => void said.push(line) });

  expect((await engine.plan(shop)).refusals).toEqual([]);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  expect(said).toContainEqual(expect.stringContaining('"tuesday" is implied by existing constraints'));

  const reader = await database.connect();
  await reader.query('begin; select count(*) from sales');
  await expect(engine.contract(shop, phaseRun())).rejects.toMatchObject({ code: 'database-locked' });
  await reader.query('commit');
  const begun = await database.value<boolean>(
    `select coalesce((to_jsonb(pg_inherits) ->> 'inhdetachpending')::boolean, false) from pg_inherits where inhrelid = 'monday'::regclass`,
  );
  expect(begun).toBe((await database.value<number>(`select current_setting('server_version_num')::int`)) >= 140_000);

  await engine.contract(shop, phaseRun());
  expect(await database.value(`select string_agg(inhrelid::regclass::text, ' ') from pg_inherits`)).toBe('tuesday');
});
