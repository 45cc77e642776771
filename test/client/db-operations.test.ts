import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createCustomers, scratchDatabase } from '../activities/database/scratch.js';
import { sluice, startSluice } from './command-line.js';

const root = mkdtempSync(path.join(tmpdir(), 'sluice-db-operations-'));
afterAll(() => rmSync(root, { recursive: true }));

const addEmail = `operations:
  - add_column:
      table: customers
      up: lower(full_name)
      column: { name: email, type: text }
`;

it('takes files of operations from plan to contract, pgroll’s words included, and tells what the service has to set', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 300);
  const write = (name: string, text: string) => writeFileSync(path.join(root, name), text);
  const db = (verb: string, ...more: string[]) => sluice(['db', verb, '--dir', root, '--url', database.url, ...more]);

  write('9_email.yaml', addEmail.replace('lower(full_name)', 'lower(ful_name)'));
  const wrong = await db('plan');
  expect(wrong).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/9_email\.yaml:4:11: column "ful_name" does not exist/),
  });

  write('9_email.yaml', addEmail);
  const plan = await db('plan');
  expect(plan).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/pending +expand +9_email\.yaml/) });
  expect(plan.stdout).toContain('search_path = "public_9_email", "public"');
  expect(plan.stdout).toMatch(/add_column: the old version finds all it had; going back loses what the new version/);
  expect(plan.stdout).toContain('rollback: safe with the old code: add_column loses');
  expect(await db('start')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('300 rows') });
  expect(await database.value(`select count(*)::int from public_9_email.customers where email is not null`)).toBe(300);
  const completed = await db('complete', '--unproven');
  expect(completed.stderr).toContain('Until now: rollback: safe with the old code');
  expect(completed.stdout).toContain('9_email.yaml (contract)');

  // The tenth comes after the ninth, and only what is not contracted goes back.
  write(
    '10_note.json',
    JSON.stringify({
      operations: [{ add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } } }],
    }),
  );
  expect((await db('expand')).stdout).toContain('10_note.json (expand)');
  await database.sql(`update public_10_note.customers set note = 'new' where id = 7`);
  const back = await db('rollback');
  expect(back.stdout).toContain(
    '10_note.json  going back loses what the new version wrote into 1 row of customers (note)',
  );
  expect(back.stdout).toMatch(/rollback: 1 file\n {2}10_note\.json \(expand\)\n$/);
  const { events } = JSON.parse((await sluice(['db', 'history', '--url', database.url, '--json'])).stdout) as {
    events: readonly { name: string; event: string }[];
  };
  expect(events.map(({ name, event }) => `${name} ${event}`).slice(-10)).toEqual([
    '9_email expand begun',
    '9_email expanded',
    '9_email filled',
    '9_email contract begun',
    '9_email contracted',
    '10_note expand begun',
    '10_note expanded',
    '10_note rollback begun',
    '10_note going back loses 1 row of customers (note)',
    '10_note rolled back',
  ]);
});

it('keeps what it would drop where it is told to, lists it, and drops it when its time is over', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 2);
  const folder = path.join(root, 'kept');
  mkdirSync(folder);
  writeFileSync(
    path.join(folder, '1_names.json'),
    JSON.stringify({ operations: [{ drop_column: { table: 'customers', column: 'full_name', down: "'nobody'" } }] }),
  );
  const at = (...args: string[]) => sluice(['db', ...args, '--url', database.url]);
  expect(await at('start', '--dir', folder)).toMatchObject({ exitCode: 0 });
  expect(await at('contract', '--dir', folder, '--unproven', '--keep', 'soon')).toMatchObject({ exitCode: 2 });
  const contracted = await at('contract', '--dir', folder, '--unproven', '--keep', '14d');
  expect(contracted).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('are kept for 336 h') as string });
  const kept = '"public"."customers" ("full_name") is kept as public.customers (_sluice_kept_1_2) until';
  expect((await at('history')).stdout).toContain(kept);
  expect((await at('purge')).stdout).toContain(`purge: nothing is over its time\n${kept}`);
  // As the guide says.
  await database.sql('alter table customers add column name text; update customers set name = "_sluice_kept_1_2"');
  expect(await database.value('select min(name) from customers')).toBe('Ann Lee1');
  const purged = await at('purge', '--all');
  expect(purged).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Nothing brings it back.') as string });
  expect(purged.stdout).toContain('purge: "public"."customers" ("full_name")');
  expect((await at('history')).stdout).not.toContain('is kept as');
});

it('goes only forward when it was killed right after contract had begun, and ends what the killed one left', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 100);
  const folder = path.join(root, 'killed');
  mkdirSync(folder);
  writeFileSync(path.join(folder, '1_email.yaml'), addEmail);
  const args = (verb: string, ...more: string[]) => ['db', verb, '--dir', folder, '--url', database.url, ...more];
  expect(await sluice(args('start'))).toMatchObject({ exitCode: 0 });

  // Holds the first cut up, so that the kill comes after the record and before the act.
  const reader = await database.connect();
  await reader.query('begin; lock table customers in access share mode');
  const contract = startSluice(args('contract', '--unproven'));
  const state = () => database.value<string>('select state from sluice.schema_migration');
  await expect.poll(state).toBe('contracting');
  contract.process.kill('SIGKILL');
  await contract.ended;

  const back = await sluice(args('rollback'));
  expect(back).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('found 1_email.yaml begun') });
  await reader.query('commit');
  expect(await sluice(args('contract', '--unproven'))).toMatchObject({ exitCode: 0 });
  expect(await state()).toBe('contracted');
  expect(await database.value(`select count(*)::int from public_1_email.customers where email is not null`)).toBe(100);
});
