import fc from 'fast-check';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { v1 } from '../../../examples/shop/versions/v1.js';
import { v2 } from '../../../examples/shop/versions/v2.js';
import { backfillBatch, expand, migration, runSql, useShopHarness } from './harness.js';

const harness = useShopHarness();

it('keeps every name through any order of old writes, new writes, expand and backfill', async () => {
  const client = await harness.connect(await harness.newDatabase(0));
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { maxLength: 8 }), fc.array(writes, { maxLength: 25 }), async (before, after) => {
      await client.query('begin');
      try {
        await playStory(client, before, after);
      } finally {
        await client.query('rollback');
      }
    }),
    { numRuns: 150 },
  );
});

it('keeps every name when expand and backfill come while both versions write', async () => {
  const databaseUrl = await harness.newDatabase(60);
  const expected = new Map<string, string>();
  let expanded = false;
  let written = 0;
  let finished = false;
  const writer = async (number: number) => {
    const client = await harness.connect(databaseUrl);
    // A name has one writer, so its last one is known; every row has all the others' touches and batches beside it.
    for (let n = 0; !finished; n += 1) {
      const id = String(1 + number + 4 * (n % 15));
      const isNew = expanded && n % 3 > 0;
      const name = {
        name: `${isNew ? 'Neu' : 'Old'} ${n} Name`,
        ...(isNew && { firstName: `Neu ${n}`, lastName: 'Name' }),
      };
      await (isNew ? v2 : v1).renameAccount(client, id, name);
      written += 1;
      expected.set(id, name.name);
      await client.query('update customers set updated_at = now() where id = $1', [1 + ((n * 7) % 60)]);
    }
  };
  const writers = Promise.all([0, 1, 2, 3].map(writer));
  try {
    const client = await harness.connect(databaseUrl);
    await until(() => expected.size >= 30);
    await expand(databaseUrl);
    expanded = true;
    for (let after = 0; after < 60; after += 4) {
      const writtenByThen = written;
      await backfillBatch(client, after, after + 4);
      await until(() => written > writtenByThen + 5);
    }
    await until(() => expected.size === 60);
  } finally {
    finished = true;
    await writers;
  }
  const { rows } = await (
    await harness.connect(databaseUrl)
  ).query<Row>('select id, full_name, first_name, last_name from customers');
  for (const row of rows) {
    expect(row.full_name).toBe(expected.get(row.id));
    expect([row.first_name, row.last_name].join(' ')).toBe(row.full_name);
    if (row.full_name.startsWith('Neu')) expect(row.last_name).toBe('Name');
  }
});

it('never fails a write of the old version, whatever it writes', async () => {
  const databaseUrl = await harness.newDatabase(1);
  await expand(databaseUrl);
  const client = await harness.connect(databaseUrl);
  for (const name of [
    '',
    ' ',
    '  Ann',
    'Ann  ',
    'A\tB',
    'A\nB',
    '李',
    `${'x'.repeat(100_000)} y`,
    "'; drop table--",
    '\\',
  ]) {
    await v1.renameAccount(client, '1', { name });
    expect((await v1.findAccount(client, '1'))?.name).toBe(name);
    await v1.addCustomer(client, `${name.length}-${name.slice(0, 9)}@example.com`, { name });
  }
});

it('backfills without changing what the old version wrote, or when', async () => {
  const databaseUrl = await harness.newDatabase(500);
  const client = await harness.connect(databaseUrl);
  await client.query(`update customers set full_name = ' ' || full_name || '  ' where id % 3 = 0`);
  const before = await client.query('select id, email, full_name, created_at, updated_at from customers order by id');
  await expand(databaseUrl);
  expect(await backfillBatch(client, 0, 300)).toBe(300);
  expect(await backfillBatch(client, 0, 300)).toBe(0);
  expect(await backfillBatch(client, 300, 500)).toBe(200);
  const after = await client.query('select id, email, full_name, created_at, updated_at from customers order by id');
  expect(after.rows).toEqual(before.rows);
});

it('lets the new columns win when one statement writes both', async () => {
  const databaseUrl = await harness.newDatabase(1);
  await expand(databaseUrl);
  const client = await harness.connect(databaseUrl);
  await client.query(`update customers set full_name = 'Old One', first_name = 'New', last_name = 'Two' where id = 1`);
  expect((await v1.findAccount(client, '1'))?.name).toBe('New Two');
});

it('undoes the expansion with every name as its last writer left it, and expands again', async () => {
  const databaseUrl = await harness.newDatabase(3);
  const client = await harness.connect(databaseUrl);
  const columns = async () =>
    (await client.query(`select column_name from information_schema.columns where table_name = 'customers'`)).rows;
  const before = await columns();
  await expand(databaseUrl);
  await v2.renameAccount(client, '1', { name: 'Mary Ann Lee', firstName: 'Mary Ann', lastName: 'Lee' });
  await runSql(databaseUrl, migration('expand/U2.1__customer_names.sql'));
  await runSql(databaseUrl, migration('expand/U2.1__customer_names.sql'));
  expect(await columns()).toEqual(before);
  expect((await v1.findAccount(client, '1'))?.name).toBe('Mary Ann Lee');
  expect((await v1.renameAccount(client, '1', { name: 'Still Works' }))?.name).toBe('Still Works');
  await expand(databaseUrl);
});

it('refuses to contract while a customer is not backfilled, and changes nothing', async () => {
  const databaseUrl = await harness.newDatabase(10);
  await expand(databaseUrl);
  const client = await harness.connect(databaseUrl);
  await backfillBatch(client, 0, 9);
  await expect(runSql(databaseUrl, contract)).rejects.toThrow(/would lose their names/);
  expect((await v1.renameAccount(client, '10', { name: 'Still Works' }))?.name).toBe('Still Works');
});

it('contracts to the new columns, with the old way of reading kept as a view', async () => {
  const databaseUrl = await harness.newDatabase(200);
  await expand(databaseUrl);
  const client = await harness.connect(databaseUrl);
  await backfillBatch(client, 0, 200);
  const { rows: before } = await client.query('select id, email, full_name from customers order by id');
  await runSql(databaseUrl, contract);
  const { rows: after } = await client.query('select id, email, full_name from customers_v1 order by id');
  expect(after).toEqual(before);
  await expect(v1.findAccount(client, '1')).rejects.toMatchObject({ code: '42703' });
  const id = await v2.addCustomer(client, 'new@example.com', { name: 'Jo van Do' });
  const { rows } = await client.query('select full_name from customers_v1 where id = $1', [id]);
  expect(rows).toEqual([{ full_name: 'Jo van Do' }]);
});

const contract = migration('contract/V2.3__drop_full_name.sql');

interface Row {
  readonly id: string;
  readonly full_name: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
}

type Write =
  | { readonly kind: 'old-rename' | 'old-add'; readonly customer: number; readonly name: string }
  | {
      readonly kind: 'new-rename' | 'new-add';
      readonly customer: number;
      readonly first: string;
      readonly last: string;
    }
  | { readonly kind: 'old-touch'; readonly customer: number }
  | { readonly kind: 'backfill'; readonly from: number; readonly to: number };

// Few words, so that different writes often mean the same name.
const word = fc.constantFrom('Ann', 'Lee', 'Mary Ann', 'van Lee', 'O', '李');
const customer = fc.nat({ max: 3 });
const writes: fc.Arbitrary<Write> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('old-rename' as const, 'old-add' as const),
    customer,
    name: fc.oneof(
      word,
      fc.tuple(word, word).map((words) => words.join(' ')),
    ),
  }),
  fc.record({
    kind: fc.constantFrom('new-rename' as const, 'new-add' as const),
    customer,
    first: word,
    last: fc.oneof(word, fc.constant('')),
  }),
  fc.record({ kind: fc.constant('old-touch' as const), customer }),
  fc.record({ kind: fc.constant('backfill' as const), from: customer, to: customer }),
);

/** What readers of either version have to find; `split` only where the new version drew the line. */
interface Name {
  readonly text: string;
  readonly split: readonly [first: string, last: string] | undefined;
}

async function playStory(client: pg.Client, before: readonly Write[], after: readonly Write[]): Promise<void> {
  const customers: { readonly id: string; name: Name }[] = [];
  for (let n = 0; n < 4; n += 1) await addOld(client, customers, 'Ann Lee');
  for (const write of before) if (write.kind.startsWith('old')) await play(client, customers, write);
  await client.query(migration('expand/V2.1__customer_names.sql'));
  for (const write of after) {
    await play(client, customers, write);
    await check(client, customers);
  }
  await backfillBatch(client, 0, Number(customers.at(-1)?.id));
  expect((await check(client, customers)).every((row) => row.first_name !== null)).toBe(true);
}

type Customers = { readonly id: string; name: Name }[];

async function play(client: pg.Client, customers: Customers, write: Write): Promise<void> {
  const chosen = (index: number) => customers[index] ?? expect.fail(`no customer ${index}`);
  switch (write.kind) {
    case 'old-add':
      return await addOld(client, customers, write.name);
    case 'new-add': {
      const name = nameOf(write);
      const id = await v2.addCustomer(client, `${customers.length}@example.com`, inputOf(write));
      customers.push({ id, name });
      return;
    }
    case 'old-rename': {
      const { id, name } = chosen(write.customer);
      await v1.renameAccount(client, id, { name: write.name });
      // Writing what is there already is no change: the new version's line stays.
      chosen(write.customer).name = { text: write.name, split: name.text === write.name ? name.split : undefined };
      return;
    }
    case 'new-rename':
      await v2.renameAccount(client, chosen(write.customer).id, inputOf(write));
      chosen(write.customer).name = nameOf(write);
      return;
    case 'old-touch':
      await client.query('update customers set updated_at = now() where id = $1', [chosen(write.customer).id]);
      return;
    case 'backfill':
      await backfillBatch(client, Number(chosen(write.from).id) - 1, Number(chosen(write.to).id));
      return;
  }
}

async function addOld(client: pg.Client, customers: Customers, name: string): Promise<void> {
  const id = await v1.addCustomer(client, `${customers.length}@example.com`, { name });
  customers.push({ id, name: { text: name, split: undefined } });
}

async function check(client: pg.Client, customers: Customers): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>('select id, full_name, first_name, last_name from customers order by id');
  expect(rows).toHaveLength(customers.length);
  rows.forEach((row, index) => {
    const name = customers[index]?.name;
    expect(row.full_name).toBe(name?.text);
    if (row.first_name === null) expect([row.last_name, name?.split]).toEqual([null, undefined]);
    else expect([row.first_name, row.last_name].filter(Boolean).join(' ')).toBe(name?.text);
    if (name?.split) expect([row.first_name, row.last_name]).toEqual(name.split);
  });
  return rows;
}

function nameOf({ first, last }: { readonly first: string; readonly last: string }): Name {
  return { text: [first, last].filter(Boolean).join(' '), split: [first, last] };
}

function inputOf({ first, last }: { readonly first: string; readonly last: string }) {
  return { name: nameOf({ first, last }).text, firstName: first, lastName: last };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
