import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { type Acknowledgement, openAcknowledgedFile } from '../../../../examples/shop/shoppers/acknowledged.js';
import { audit } from '../../../../examples/shop/shoppers/audit.js';
import { v1 } from '../../../../examples/shop/versions/v1.js';
import { v2 } from '../../../../examples/shop/versions/v2.js';
import { backfillBatch, expand, migration, runSql, useShopHarness } from '../harness.js';

const harness = useShopHarness();
const clean = { checkoutsLost: 0, checkoutsDuplicated: 0, checkoutsChanged: 0, renamesLost: 0, examples: [] };

it('finds nothing amiss where all is well, and says what it compared', async () => {
  const shop = await openShop();
  await shop.checkOut('Ann Lee');
  await shop.rename(await shop.checkOut('Bob Ray'), 'Bob Way');
  expect(await shop.audit()).toEqual({
    ...clean,
    checkoutsAcknowledged: 2,
    renamesAcknowledged: 1,
    representations: ['customers.full_name'],
    notYetFilled: 0,
  });
});

it('finds an order that is gone', async () => {
  const shop = await openShop();
  const { checkoutId } = await shop.checkOut('Ann Lee');
  await shop.checkOut('Bob Ray');
  await shop.client.query(
    'with gone as (delete from order_lines where order_id in (select id from orders where checkout_id = $1)) delete from orders where checkout_id = $1',
    [checkoutId],
  );
  const result = await shop.audit();
  expect(result).toMatchObject({ ...clean, checkoutsLost: 1, examples: [expect.stringContaining(checkoutId)] });
});

it('finds an order that was taken twice', async () => {
  const shop = await openShop();
  const { checkoutId } = await shop.checkOut('Ann Lee');
  await shop.client.query(
    `with again as (
       insert into orders (checkout_id, customer_id, total_cents)
       select checkout_id, customer_id, total_cents from orders where checkout_id = $1 returning id
     )
     insert into order_lines select again.id, product_id, quantity, unit_price_cents from again, order_lines`,
    [checkoutId],
  );
  expect(await shop.audit()).toMatchObject({
    ...clean,
    checkoutsDuplicated: 1,
    examples: [expect.stringContaining(checkoutId)],
  });
});

it.each([
  ['total', 'update orders set total_cents = total_cents + 1', /totalCents/],
  ['quantity', 'update order_lines set quantity = quantity + 1 where product_id = 3', /lines are 2 of 1, 3 of 3/],
  ['line', 'delete from order_lines where product_id = 3', /lines are 2 of 1 and were/],
  ['email', `update customers set email = 'x' || email where email like 'shopper%'`, /email is x/],
  ['name', `update customers set full_name = 'Anna Lee' where email like 'shopper%'`, /is "Anna Lee".*was "Ann Lee"/],
])('finds a changed %s', async (_what, sql, finding) => {
  const shop = await openShop();
  await shop.checkOut('Ann Lee');
  await shop.client.query(sql);
  const result = await shop.audit();
  expect(result).toMatchObject({ ...clean, checkoutsChanged: 1, examples: [expect.stringMatching(finding)] });
});

it('finds a rename that was lost, once, whatever came before it', async () => {
  const shop = await openShop();
  const customer = await shop.checkOut('Ann Lee');
  await shop.rename(customer, 'Ann Ray');
  await shop.rename(customer, 'Ann Way');
  await v1.renameAccount(shop.client, customer.customerId, { name: 'Ann Ray' });
  expect(await shop.audit()).toMatchObject({
    ...clean,
    renamesAcknowledged: 2,
    renamesLost: 1,
    examples: [expect.stringContaining('was "Ann Way"')],
  });
});

it('takes either name from the moment a rename is asked for, until it is answered', async () => {
  const shop = await openShop();
  const customer = await shop.checkOut('Ann Lee');
  shop.acknowledge({ kind: 'rename-asked', at: '', customerId: customer.customerId, ...nameOf('Ann Ray') });
  expect(await shop.audit()).toMatchObject(clean);
  await v1.renameAccount(shop.client, customer.customerId, { name: 'Ann Ray' });
  expect(await shop.audit()).toMatchObject(clean);
  await v1.renameAccount(shop.client, customer.customerId, { name: 'Ann Way' });
  expect(await shop.audit()).toMatchObject({ ...clean, checkoutsChanged: 1, examples: [expect.anything()] });
});

it('compares the new representation, too, and waits for the backfill only while there is the old one', async () => {
  const shop = await openShop();
  const before = await shop.checkOut('Ann Lee');
  await expand(shop.databaseUrl);
  expect(await shop.audit()).toMatchObject({ ...clean, notYetFilled: 1 });
  await backfillBatch(shop.client, 0, Number(before.customerId));
  await shop.rename(before, 'Mary Ann Lee', '2', { firstName: 'Mary Ann', lastName: 'Lee' });
  const both = ['customers.full_name', 'customers.first_name, customers.last_name'];
  expect(await shop.audit()).toMatchObject({ ...clean, notYetFilled: 0, representations: both });

  await runSql(shop.databaseUrl, migration('contract/V2.3__drop_full_name.sql'));
  const view = ['customers_v1.full_name', 'customers.first_name, customers.last_name'];
  expect(await shop.audit()).toMatchObject({ ...clean, representations: view });
  await shop.client.query(`update customers set first_name = 'Mary', last_name = 'Ann Lee' where id = $1`, [
    before.customerId,
  ]);
  expect(await shop.audit()).toMatchObject({ ...clean, renamesLost: 1, examples: [expect.anything()] });
  expect(await shop.audit({ splitsKept: false })).toMatchObject(clean);
  await shop.client.query('update customers set first_name = null, last_name = null where id = $1', [
    before.customerId,
  ]);
  expect(await shop.audit()).toMatchObject({
    ...clean,
    notYetFilled: 0,
    renamesLost: 1,
    examples: [expect.anything()],
  });
});

it('finds a new representation that says something else than the old one', async () => {
  const shop = await openShop();
  const { customerId } = await shop.checkOut('Ann Lee');
  await expand(shop.databaseUrl);
  await backfillBatch(shop.client, 0, Number(customerId));
  await shop.client.query('alter table customers disable trigger all');
  await shop.client.query(`update customers set last_name = 'Ray' where id = $1`, [customerId]);
  expect(await shop.audit()).toMatchObject({ ...clean, checkoutsChanged: 1, examples: [expect.anything()] });
});

it('reads what a killed writer left', async () => {
  const shop = await openShop();
  await shop.checkOut('Ann Lee');
  expect(await shop.audit()).toMatchObject({ checkoutsAcknowledged: 1 });
  appendFileSync(shop.file, '{"kind":"checkout","at":"2026-');
  expect(await shop.audit()).toMatchObject({ ...clean, checkoutsAcknowledged: 1 });
});

it('compares tens of thousands of checkouts in seconds', async () => {
  const shop = await openShop();
  const checkouts = Array.from({ length: 20_000 }, (_, n) => ({ checkoutId: randomUUID(), email: `shopper-${n}@x` }));
  const { rows } = await shop.client.query<{ checkoutId: string; customerId: string; email: string }>(
    `with shoppers as (
       insert into customers (email, full_name) select e, 'Ann Lee' from unnest($2::text[]) e returning id, email
     ), placed as (
       insert into orders (checkout_id, customer_id, total_cents)
       select c, id, 100 from unnest($1::uuid[], $2::text[]) as t (c, e) join shoppers on email = e
       returning id, checkout_id, customer_id
     ), lines as (
       insert into order_lines select id, 1, 1, 100 from placed
     )
     select checkout_id as "checkoutId", customer_id as "customerId", email
     from placed join shoppers on shoppers.id = customer_id`,
    [checkouts.map((it) => it.checkoutId), checkouts.map((it) => it.email)],
  );
  const lines = [{ productId: '1', quantity: 1 }];
  for (const row of rows) {
    shop.acknowledge({ kind: 'checkout', at: '', version: '1', ...row, ...nameOf('Ann Lee'), lines, totalCents: 100 });
  }
  await shop.audit();
  const before = process.cpuUsage();
  expect(await shop.audit()).toMatchObject({ ...clean, checkoutsAcknowledged: 20_000 });
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
});

function nameOf(name: string) {
  const [firstName = '', ...rest] = name.split(' ');
  return { name, firstName, lastName: rest.join(' ') };
}

/** A shop without a server: it does to the database what the server does, and acknowledges it. */
async function openShop() {
  const databaseUrl = await harness.newDatabase();
  const client = await harness.connect(databaseUrl);
  const file = harness.newFile('acknowledged.jsonl');
  const acknowledge = (acknowledgement: Acknowledgement) =>
    appendFileSync(file, `${JSON.stringify(acknowledgement)}\n`);
  openAcknowledgedFile(file).close();
  return {
    databaseUrl,
    client,
    file,
    acknowledge,
    audit: (options = {}) => audit({ databaseUrl, acknowledgedFile: file, ...options }),
    async checkOut(name: string) {
      const checkoutId = randomUUID();
      const email = `shopper-${checkoutId}@example.com`;
      const customerId = await v1.addCustomer(client, email, { name });
      await placeOrder(client, checkoutId, customerId);
      const lines = [
        { productId: '3', quantity: 2 },
        { productId: '1', quantity: 2 },
      ];
      const promise = { checkoutId, customerId, email, ...nameOf(name), lines, totalCents: 400 };
      acknowledge({ kind: 'checkout', at: '', version: '1', ...promise });
      return { checkoutId, customerId };
    },
    async rename({ customerId }: { customerId: string }, name: string, version = '1', split?: object) {
      const wanted = { ...nameOf(name), ...split };
      await (version === '1' ? v1 : v2).renameAccount(client, customerId, wanted);
      acknowledge({ kind: 'rename', at: '', version, customerId, ...wanted });
    },
  };
}

async function placeOrder(client: pg.Client, checkoutId: string, customerId: string): Promise<void> {
  await client.query(
    `with placed as (
       insert into orders (checkout_id, customer_id, total_cents) values ($1, $2, 400) returning id
     )
     insert into order_lines select id, product, 2, 100 from placed, unnest(array[1, 3]) product`,
    [checkoutId, customerId],
  );
}
