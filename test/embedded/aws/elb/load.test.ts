import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import autocannon from 'autocannon';
import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
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

test('gives an idle connection up before the target does, so that no request is written into a closed one', async () => {
  let closed: (by: 'load balancer' | 'target') => void;
  const closedBy = new Promise<'load balancer' | 'target'>((resolve) => (closed = resolve));
  const target = createServer((request, response) => {
    if (request.url === '/idle') {
      request.socket.once('end', () => closed('load balancer'));
      request.socket.once('close', () => closed('target'));
    }
    response.end();
  });
  target.keepAliveTimeout = 5_000;
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  try {
    const Targets = [{ Id: '127.0.0.1', Port: (target.address() as AddressInfo).port }];
    await account.elb.send(new RegisterTargetsCommand({ TargetGroupArn: shop.groups.blue, Targets }));
    await shop.healthy('blue', 1);
    expect((await fetch(`${shop.url}/idle`)).status).toBe(200);
    expect(await closedBy).toBe('load balancer');
  } finally {
    target.close();
    target.closeAllConnections();
  }
});
