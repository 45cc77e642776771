import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { migrationPhases } from '../../../domain/migration.js';
import { migration, phaseRun, type Scratch, scratchDatabase } from './scratch.js';

const shop = fileURLToPath(new URL('../../../examples/shop', import.meta.url));
const engine = createPhasedSqlEngine();

it('takes the shop from version 1 to 2 while both write, back, and there again', async () => {
  const database = await scratchDatabase();
  await createShop(database, 5_000);
  const v2 = migration(database, scriptsOf('v2'));
  expect(await engine.plan(v2)).toMatchObject({ refusals: [], rollback: { verdict: 'shim' } });

  await engine.expand(v2, phaseRun());
  await database.sql(`insert into customers (email, full_name) values ('old@shop.example', 'Olga Old')`);
  await database.sql(`insert into customers (email, first_name, last_name) values ('new@shop.example', 'Nina', 'New')`);
  await engine.rollback(v2, [], phaseRun());
  expect(await database.value(`select full_name from customers where email = 'new@shop.example'`)).toBe('Nina New');

  await engine.expand(v2, phaseRun());
  await engine.backfill(v2, phaseRun());
  expect(await engine.verify(v2)).toBe(0);
  // Its own trigger needs what goes, and goes with it.
  expect((await engine.contractEvidence(v2)).reasons).toEqual([]);
  await engine.contract(v2, phaseRun());
  expect(
    await database.sql(
      `select first_name, last_name from customers where email in ('old@shop.example', 'new@shop.example') order by id`,
    ),
  ).toEqual([
    { first_name: 'Olga', last_name: 'Old' },
    { first_name: 'Nina', last_name: 'New' },
  ]);
});

async function createShop({ sql }: Scratch, customers: number): Promise<void> {
  for (const name of readdirSync(`${shop}/schema`).sort()) await sql(readFileSync(`${shop}/schema/${name}`, 'utf8'));
  await sql(`insert into customers (email, full_name)
    select 'c' || n || '@shop.example', 'Ann Lee ' || n from generate_series(1, ${customers}) n`);
}

function scriptsOf(version: string): Record<string, string> {
  const folder = `${shop}/migrations/${version}`;
  return Object.fromEntries(
    migrationPhases.flatMap((phase) =>
      readdirSync(`${folder}/${phase}`).map((name) => [
        `${phase}/${name}`,
        readFileSync(`${folder}/${phase}/${name}`, 'utf8'),
      ]),
    ),
  );
}
