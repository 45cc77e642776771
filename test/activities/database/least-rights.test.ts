import { expect, it, onTestFinished } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import { createCustomers, migration, names, phaseRun, scratchDatabase } from './scratch.js';

// A role that owns the service's tables and may make no schema: an administrator has made what it needs.

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

async function leastRole() {
  const database = await scratchDatabase();
  await createCustomers(database, 20);
  const role = `least_${process.pid}_${Date.now()}`;
  // Up to Postgres 14 every role may create in public.
  await database.sql(`create role ${role} login password 'x'; create table orders (id int primary key);
    alter table customers owner to ${role}; alter table orders owner to ${role};
    revoke create on schema public from public; grant usage, create on schema public to ${role}`);
  onTestFinished(async () => void (await database.sql(`drop owned by ${role} cascade; drop role ${role}`)));
  const url = Object.assign(new URL(database.url), { username: role, password: 'x' }).href;
  const schemas = () =>
    database.value<string>(
      `select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname ~ '^(public|sluice)_'`,
    );
  return { database, role, url, schemas };
}

const file = (name: string, ...operations: readonly object[]) => ({ name, text: JSON.stringify({ operations }) });
const shout = file(
  '1_shout.json',
  {
    alter_column: {
      table: 'customers',
      column: 'full_name',
      type: 'varchar(80)',
      up: 'upper(full_name)',
      down: 'full_name',
    },
  },
  { drop_table: { name: 'orders' } },
);
const note = file('2_note.json', {
  add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } },
});

it('takes operations through all phases in schemas that were made for it, and back', async () => {
  const { database, role, url, schemas } = await leastRole();
  const name = new URL(url).pathname.slice(1);
  const first = migration({ url }, {}, { operations: [shout], keepForMs: 60_000 });
  const refused = (schema: string, why: string) =>
    expect.stringMatching(
      new RegExp(`json: expected .*schema ${schema}.*${why}.*version_schema of the file`),
    ) as string;

  await expect(engine.expand(first, phaseRun())).rejects.toThrow(/permission denied for database/);
  await database.sql(`create schema sluice; grant usage, create on schema sluice to ${role}`);
  const beforehand = `create schema "public_1_shout" authorization ${role}`;
  const mayNot = refused(
    'public_1_shout',
    `found that ${role} may not; grant create on database ${name} to it, or .*${beforehand}`,
  );
  expect((await engine.plan(first)).refusals).toContainEqual(mayNot);
  await expect(engine.expand(first, phaseRun())).rejects.toMatchObject({ message: mayNot });
  await database.sql(`create schema public_1_shout`);
  expect((await engine.plan(first)).refusals).toContainEqual(
    refused('public_1_shout', `found one that is not ${role}’s`),
  );
  await database.sql(`alter schema public_1_shout owner to ${role}; create table public_1_shout.mine ()`);
  expect((await engine.plan(first)).refusals).toContainEqual(refused('public_1_shout', 'found one that holds table'));
  await database.sql('drop table public_1_shout.mine');

  await engine.expand(first, phaseRun());
  await engine.rollback(first, [], phaseRun());
  // It could not make it again.
  expect(await schemas()).toBe('public_1_shout');
  await engine.expand(first, phaseRun());
  await engine.backfill(first, phaseRun());
  await database.sql(`create schema sluice_kept; grant usage, create on schema sluice_kept to ${role}`);
  await engine.contract(first, phaseRun());
  expect(await database.value('select full_name from public_1_shout.customers where id = 1')).toBe('ANN LEE1');

  await database.sql(`create schema public_2_note authorization ${role}`);
  const second = migration({ url }, {}, { operations: [shout, note] });
  for (const phase of ['expand', 'backfill', 'contract'] as const) await engine[phase](second, phaseRun());
  expect(await schemas()).toBe('public_2_note sluice_kept');
});

it('takes files of SQL through all phases', async () => {
  const { database, role, url } = await leastRole();
  await database.sql(`create schema sluice authorization ${role}`);
  const shop = migration({ url }, names);
  for (const phase of ['expand', 'backfill', 'contract'] as const) await engine[phase](shop, phaseRun());
  expect(await database.value('select count(first_name)::int from customers')).toBe(20);
});
