import autocannon from 'autocannon';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, type Colour, openBlueGreen } from '../support/blue-green.js';

let account: Account;
let shop: BlueGreen;
beforeEach(async () => {
  account = await openAccount({ timings: { deregistrationDelayMs: 500 } });
  shop = await openBlueGreen(account);
});
afterEach(() => account.close());

async function scale(service: Colour, desiredCount: number): Promise<void> {
  await account.ecs.send(new UpdateServiceCommand({ cluster: 'test', service, desiredCount }));
  await shop.healthy(service, desiredCount);
}

test('drops no request while weights shift many times and colours are scaled up and down under load', async () => {
  await shop.serve('blue', 2);
  await shop.serve('green', 1);
  let over = false;
  const load = autocannon({
    url: shop.url,
    connections: 20,
    duration: 8,
    requests: [
      { method: 'GET', path: '/' },
      { method: 'POST', path: '/echo', body: '{"order":1}', headers: { 'content-type': 'application/json' } },
      { method: 'GET', path: '/slow?ms=30' },
    ],
  }).then((result) => {
    over = true;
    return result;
  });

  let shifts = 0;
  const shifting = (async () => {
    while (!over) {
      const green = 1 + Math.floor(Math.random() * 999);
      await shop.shift({ blue: 1_000 - green, green });
      shifts += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  while (!over) {
    await scale('green', 3);
    await scale('blue', 1);
    await scale('green', 1);
    await scale('blue', 3);
  }
  await shifting;

  const result = await load;
  expect(result).toMatchObject({ errors: 0, timeouts: 0, resets: 0, non2xx: 0 });
  expect(result['2xx']).toBeGreaterThan(200);
  expect(shifts).toBeGreaterThan(20);
});

test('drops no request when a whole colour is drained to nothing after its weight went to 0', async () => {
  await shop.serve('blue', 1);
  await shop.serve('green', 1);
  let over = false;
  const load = autocannon({
    url: shop.url,
    connections: 20,
    duration: 5,
    requests: [
      { method: 'GET', path: '/slow?ms=5' },
      { method: 'POST', path: '/echo', body: 'order' },
    ],
  }).then((result) => {
    over = true;
    return result;
  });
  while (!over) {
    await shop.shift({ blue: 0, green: 1 });
    await scale('blue', 0);
    await scale('blue', 1);
    await shop.shift({ blue: 1, green: 0 });
    await scale('green', 0);
    await scale('green', 1);
  }
  expect(await load).toMatchObject({ errors: 0, timeouts: 0, resets: 0, non2xx: 0 });
});

test('drops no request on connections that fall idle for as long as the target keeps them', async () => {
  await shop.createService('blue', await shop.taskDefinition('blue', { environment: { KEEP_ALIVE_MS: '3000' } }));
  await shop.healthy('blue', 1);
  const failures: unknown[] = [];
  const client = async (pauseMs: number) => {
    for (let sent = 0; sent < 4; sent += 1) {
      const response = await fetch(`${shop.url}/echo`, { method: 'POST', body: 'order' });
      if (response.status !== 200) failures.push(response.status);
      await response.text();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  // Pauses spread closely around the time after which one side or the other closes.
  await Promise.all(Array.from({ length: 200 }, (_, at) => client(800 + at * 12)));
  expect(failures).toEqual([]);
});
