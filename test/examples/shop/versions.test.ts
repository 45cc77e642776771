import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { afterAll, expect, it } from 'vitest';
import { backfillBatch, expand, useShopHarness } from './harness.js';

const harness = useShopHarness();
const agent = new Agent();
afterAll(() => agent.destroy());

interface Account {
  readonly id: string;
  readonly name: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

it('lets versions 1 and 2 work on one database, each reading what the other wrote', async () => {
  const databaseUrl = await harness.newDatabase();
  await expand(databaseUrl);
  const v1 = await harness.startShop('1', databaseUrl);
  const v2 = await harness.startShop('2', databaseUrl);

  const byOld = await checkOut(v1.url, { items: 1, name: 'Ann Lee' });
  expect(await account(v2.url, byOld.customerId)).toMatchObject({ name: 'Ann Lee', firstName: 'Ann', lastName: 'Lee' });
  const marie = { name: 'Mary Ann Lee', firstName: 'Mary Ann', lastName: 'Lee' };
  expect(await rename(v2.url, byOld.customerId, marie)).toMatchObject(marie);
  expect(await account(v1.url, byOld.customerId)).toMatchObject({ name: 'Mary Ann Lee' });

  const byNew = await checkOut(v2.url, { items: 2, name: 'Jo Do' });
  expect(await account(v1.url, byNew.customerId)).toMatchObject({ name: 'Jo Do' });
  await rename(v1.url, byNew.customerId, { name: 'Madonna' });
  expect(await account(v2.url, byNew.customerId)).toMatchObject({
    name: 'Madonna',
    firstName: 'Madonna',
    lastName: '',
  });
});

it('takes an order once per checkout, in each version', async () => {
  const databaseUrl = await harness.newDatabase();
  await expand(databaseUrl);
  for (const version of ['1', '2', '4']) {
    const shop = await harness.startShop(version, databaseUrl);
    for (const items of [1, 2, 4])
      expect(await checkOut(shop.url, { items, name: 'A B' })).toMatchObject({ status: 201 });
  }
  const client = await harness.connect(databaseUrl);
  const { rows } = await client.query(
    'select count(*)::int as lines, count(distinct checkout_id)::int as orders from orders join order_lines on id = order_id',
  );
  expect(rows).toEqual([{ orders: 9, lines: 21 }]);
});

it('lets version 3 pass a smoke test and fail on every cart of several items, leaving nothing behind', async () => {
  const databaseUrl = await harness.newDatabase();
  await expand(databaseUrl);
  const { url } = await harness.startShop('3', databaseUrl);
  for (const page of ['/health', '/products', '/products/3']) {
    expect((await request(`${url}${page}`, { dispatcher: agent })).statusCode).toBe(200);
  }
  expect(await checkOut(url, { items: 1, name: 'A B' })).toMatchObject({ status: 201, version: '3' });
  for (const items of [2, 3, 4]) {
    expect(await checkOut(url, { items, name: 'A B' })).toMatchObject({ status: 500, version: '3' });
  }
  const client = await harness.connect(databaseUrl);
  const { rows } = await client.query('select count(*)::int as orders from orders');
  expect(rows).toEqual([{ orders: 1 }]);
});

it('shows version 2 the customers of version 1 as soon as they are backfilled', async () => {
  const databaseUrl = await harness.newDatabase(20);
  const v1 = await harness.startShop('1', databaseUrl);
  await expand(databaseUrl);
  await backfillBatch(await harness.connect(databaseUrl), 0, 20);
  const v2 = await harness.startShop('2', databaseUrl);
  for (let id = 1; id <= 20; id += 1) {
    const [old, now] = [await account(v1.url, String(id)), await account(v2.url, String(id))];
    expect(now.name).toBe(old.name);
  }
});

async function checkOut(
  url: string,
  { items, name }: { items: number; name: string },
): Promise<{ status: number; version: unknown; customerId: string }> {
  const cart = await call<{ id: string }>('POST', `${url}/carts`, {});
  for (let n = 1; n <= items; n += 1) {
    await call('POST', `${url}/carts/${cart.body.id}/items`, { productId: String(n), quantity: 1 });
  }
  const checkoutId = randomUUID();
  const checkout = { checkoutId, cartId: cart.body.id, email: `${checkoutId}@example.com`, name };
  const placed = await call<{ customerId: string }>('POST', `${url}/checkouts`, checkout);
  return { status: placed.status, version: placed.version, customerId: placed.body.customerId };
}

async function account(url: string, id: string): Promise<Account> {
  return (await call<Account>('GET', `${url}/accounts/${id}`)).body;
}

async function rename(url: string, id: string, name: object): Promise<Account> {
  return (await call<Account>('PUT', `${url}/accounts/${id}`, name)).body;
}

async function call<T>(method: 'GET' | 'POST' | 'PUT', url: string, body?: object) {
  const answer = await request(url, {
    dispatcher: agent,
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return {
    status: answer.statusCode,
    version: answer.headers['x-shop-version'],
    body: (await answer.body.json()) as T,
  };
}
