import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { withShopStack } from '../support/shop-stack.js';

// Version 1 works on the tables, version 2 on views of them, and shoppers buy from both: once there and back, once to the end.

const shop = withShopStack();

const split = `operations:
  - split_column:
      table: customers
      column: full_name
      into:
        - { name: first_name, type: text, nullable: false, up: "split_part(full_name, ' ', 1)" }
        - { name: last_name, type: text, nullable: false, up: "substr(full_name, length(split_part(full_name, ' ', 1)) + 2)" }
      down: concat_ws(' ', nullif(first_name, ''), nullif(last_name, ''))
`;

/** The manifest of a version that runs version 2 of the shop on the views which the operations make. */
function manifestOf(version: string, bake: string): string {
  const file = shop.current.manifest(version, { runs: '2', migrates: true, bake });
  const migrations = path.join(path.dirname(file), 'operations');
  mkdirSync(migrations, { recursive: true });
  writeFileSync(path.join(migrations, '1_names.yaml'), split);
  const text = readFileSync(file, 'utf8')
    .replace(/^( *)migrations: .*$/m, '$1migrations: operations\n$1brakes: { slotBytes: 1kB }')
    .replace(/^( *)secrets:$/m, '$1environment:\n$1  PGOPTIONS: -c search_path=public_1_names,public\n$1secrets:');
  writeFileSync(file, text);
  return file;
}

async function submit(version: string, bake = '2s') {
  const { sluice, watch } = shop.current;
  expect(await sluice('release', manifestOf(version, bake))).toMatchObject({ exitCode: 0 });
  return watch(version);
}

async function query(text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: shop.current.stack.shopDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

const nameColumns = () =>
  query(`select string_agg(column_name, ' ' order by column_name) as answer from information_schema.columns
         where table_schema = 'public' and table_name = 'customers' and column_name like '%name%'`);
const versionSchemas = () => query(`select count(*)::int as answer from pg_namespace where nspname = 'public_1_names'`);

it('goes back from a canary, and leaves the schema as it was', { timeout: 300_000 }, async () => {
  const watch = await submit('too-early', '5m');
  await watch.until('the bake', ({ step }) => step.startsWith('bake'));
  expect(await query('select first_name as answer from public_1_names.customers limit 1')).toEqual(expect.any(String));
  const abort = await shop.current.sluice('abort', 'demo/shop/too-early', '--reason', 'to see it go back');
  expect(abort).toMatchObject({ exitCode: 0 });
  expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
  expect([await nameColumns(), await versionSchemas()]).toEqual(['full_name', 0]);
});

it(
  'waits for the server until it is tuned, is released and contracted, and no shopper has noticed',
  { timeout: 300_000 },
  async () => {
    const { sluice, verdict } = shop.current;
    await query(`select pg_create_physical_replication_slot('forgotten', true)::text as answer`);
    const watch = await submit('2');
    await vi.waitFor(async () => expect((await sluice('status', 'demo/shop/2')).stdout).toContain('slot forgotten'), {
      timeout: 120_000,
      interval: 500,
    });
    const tune = () =>
      sluice('tune', 'demo/shop/2', '--brake', 'slotBytes=off', '--reason', 'nobody reads it', '--request-id', 't1');
    const first = await tune();
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('slotBytes off (before: as it was begun)'),
    });
    // Also when the backfill is done meanwhile.
    expect(await tune()).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
    expect(watch.status()?.decisions.filter(({ text }) => text.includes('nobody reads it'))).toHaveLength(1);
    expect((await tune()).exitCode).toBe(3);
    await query(`select pg_drop_replication_slot('forgotten')::text as answer`);
    expect([await nameColumns(), await versionSchemas()]).toEqual(['first_name last_name', 1]);
    expect(await query('select count(*)::int as answer from customers where first_name is null')).toBe(0);
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);
