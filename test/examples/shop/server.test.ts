import { Agent, request } from 'undici';
import { afterAll, expect, it, vi } from 'vitest';
import { expand, exitOf, useShopHarness } from './harness.js';

const harness = useShopHarness();
const agent = new Agent();
afterAll(() => agent.destroy());

const get = (url: string) => request(url, { dispatcher: agent });
const post = (url: string, body: object) =>
  request(url, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('sells: browse, cart, checkout, account', async () => {
  const databaseUrl = await harness.newDatabase();
  const { url } = await harness.startShop('1', databaseUrl);
  const { products } = await jsonOf<{ products: { id: string; priceCents: number }[] }>(await get(`${url}/products`));
  expect(products).toHaveLength(40);
  const { id: cartId } = await jsonOf<{ id: string }>(await post(`${url}/carts`, {}));
  expect((await post(`${url}/carts/${cartId}/items`, { productId: '3', quantity: 2 })).statusCode).toBe(201);

  const checkout = { checkoutId: '2f9d1f4e-6d0e-4f0e-8f53-0a2d0c3f6d11', cartId, email: 'a@example.com', name: 'A B' };
  const answer = await post(`${url}/checkouts`, checkout);
  expect(answer.statusCode).toBe(201);
  const placed = await jsonOf<{ customerId: string; totalCents: number }>(answer);
  expect(placed.totalCents).toBe(2 * (products[2]?.priceCents ?? 0));
  const account = await jsonOf(await get(`${url}/accounts/${placed.customerId}`));
  expect(account).toEqual({ id: placed.customerId, email: 'a@example.com', name: 'A B' });
});

it('names its version on every answer, also on refusals', async () => {
  const { url } = await harness.startShop('1', await harness.newDatabase());
  const answers = await Promise.all([
    get(`${url}/health`),
    get(`${url}/products/999999`),
    get(`${url}/products/one`),
    get(`${url}/nowhere`),
    post(`${url}/checkouts`, { cartId: '1' }),
  ]);
  expect(answers.map((answer) => answer.statusCode)).toEqual([200, 404, 400, 404, 400]);
  expect(answers.map((answer) => answer.headers['x-shop-version'])).toEqual(Array(5).fill('1'));
});

it('names its version to the database', async () => {
  const databaseUrl = await harness.newDatabase();
  await expand(databaseUrl);
  await harness.startShop('2', databaseUrl);
  const client = await harness.connect(databaseUrl);
  const { rows } = await client.query(
    `select distinct application_name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  expect(rows).toEqual([{ application_name: 'shop/2' }]);
});

it('fails its health check at SIGTERM, and goes on serving and asking for connections to be closed', async () => {
  const shop = await harness.startShop('1', await harness.newDatabase(), { DRAIN_MS: '1500' });
  const slow = get(`${shop.url}/reports/bestsellers?delay=1000`);
  await vi.waitFor(async () => expect((await get(`${shop.url}/health`)).statusCode).toBe(200));
  const stopped = shop.stop();
  await vi.waitFor(async () => expect((await get(`${shop.url}/health`)).statusCode).toBe(503), { interval: 10 });
  const answer = await get(`${shop.url}/products`);
  expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
  expect((await slow).statusCode).toBe(200);
  expect((await stopped).code).toBe(0);
});

it('fails no request at SIGTERM, when whoever sends them stops some time after the failed health check', async () => {
  const shop = await harness.startShop('1', await harness.newDatabase(), { DRAIN_MS: '100' });
  const visitors = startVisitors(`${shop.url}/products/7`, 12);
  try {
    await vi.waitFor(() => expect(visitors.answered).toBeGreaterThan(500), { timeout: 20_000 });
    const slow = get(`${shop.url}/reports/bestsellers?delay=1200`);
    const stopped = shop.stop();
    await vi.waitFor(async () => expect((await get(`${shop.url}/health`)).statusCode).toBe(503), { interval: 5 });
    // A load balancer that looks seldom is late by many times our drain time.
    const answeredByThen = visitors.answered;
    await vi.waitFor(() => expect(visitors.answered).toBeGreaterThan(answeredByThen + 500), { timeout: 20_000 });
    await visitors.stop();
    expect((await slow).statusCode).toBe(200);
    expect(visitors.refused).toEqual([]);
    expect(await stopped).toEqual({ code: 0, served: visitors.answered + 1 });
  } finally {
    await visitors.stop();
  }
});

it('ends when whoever started it is gone', async () => {
  const shop = await harness.startShop('1', await harness.newDatabase());
  shop.child.stdin.end();
  expect(await exitOf(shop.child)).toBe(0);
});

async function jsonOf<T>(answer: { body: { json(): Promise<unknown> } }): Promise<T> {
  return (await answer.body.json()) as T;
}

/** Each sends one request after the other over kept connections, until stopped. */
function startVisitors(url: string, count: number) {
  let open = true;
  const visitors = {
    answered: 0,
    refused: [] as string[],
    async stop() {
      open = false;
      await all;
    },
  };
  const visit = async () => {
    const answer = await get(url);
    await answer.body.dump();
    if (answer.statusCode === 200) visitors.answered += 1;
    else visitors.refused.push(`status ${answer.statusCode}`);
  };
  const all = Promise.all(
    Array.from({ length: count }, async () => {
      while (open) {
        await visit().catch((error: Error) => {
          visitors.refused.push(error.message);
          open = false;
        });
      }
    }),
  );
  return visitors;
}
