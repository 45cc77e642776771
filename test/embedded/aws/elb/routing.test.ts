import { request as httpRequest } from 'node:http';
import {
  type Action,
  CreateRuleCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  DeleteRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, createGroup, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
beforeAll(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
  await shop.serve('blue', 2);
  await shop.serve('green', 1);
});
afterAll(() => account.close());

async function colours(count: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  const ask = async () => {
    const colour = await (await fetch(shop.url)).text();
    seen[colour] = (seen[colour] ?? 0) + 1;
  };
  for (let sent = 0; sent < count; sent += 50) await Promise.all(Array.from({ length: 50 }, ask));
  return seen;
}

test('splits 1,000 requests exactly by the weights', async () => {
  await shop.shift({ blue: 90, green: 10 });
  expect(await colours(1_000)).toEqual({ blue: 900, green: 100 });
  await shop.shift({ blue: 1, green: 3 });
  expect(await colours(1_000)).toEqual({ blue: 250, green: 750 });
});

test('sends nothing to a group with weight 0, from the very next request', async () => {
  await shop.shift({ blue: 0, green: 1 });
  expect(await colours(100)).toEqual({ green: 100 });
  await shop.shift({ blue: 999, green: 0 });
  expect(await colours(100)).toEqual({ blue: 100 });
});

test('shares the requests evenly among the healthy targets of a group', async () => {
  await shop.shift({ blue: 1, green: 0 });
  const hosts: Record<string, number> = {};
  for (let sent = 0; sent < 100; sent += 1) {
    const { env } = (await (await fetch(`${shop.url}/echo`)).json()) as { env: { HOST: string } };
    hosts[env.HOST] = (hosts[env.HOST] ?? 0) + 1;
  }
  expect(Object.values(hosts)).toEqual([50, 50]);
});

test('keeps a client with a sticky cookie in its group whatever the weights become, until the cookie expires', async () => {
  await shop.shift({ blue: 0, green: 1 }, 2);
  const first = await fetch(shop.url);
  expect(await first.text()).toBe('green');
  const cookie = first.headers.getSetCookie().find((value) => value.startsWith('AWSALBTG=')) ?? '';
  const headers = { cookie: cookie.split(';')[0] ?? '' };

  await shop.shift({ blue: 1, green: 0 }, 2);
  const bound = await fetch(shop.url, { headers });
  expect(await bound.text()).toBe('green');
  expect(bound.headers.getSetCookie()).toEqual([]);
  expect(await (await fetch(shop.url)).text()).toBe('blue');
  await until('the cookie has expired', async () => (await (await fetch(shop.url, { headers })).text()) === 'blue');
});

test('keeps a client at its target while the group has target stickiness', async () => {
  await shop.shift({ blue: 1, green: 0 });
  await stickyTargets('true');
  const hostOf = async (response: Response) => ((await response.json()) as { env: { HOST: string } }).env.HOST;
  const first = await fetch(`${shop.url}/echo`);
  const cookie = first.headers.getSetCookie().find((value) => value.startsWith('AWSALB=')) ?? '';
  const host = await hostOf(first);
  for (let sent = 0; sent < 4; sent += 1) {
    const headers = { cookie: cookie.split(';')[0] ?? '' };
    expect(await hostOf(await fetch(`${shop.url}/echo`, { headers }))).toBe(host);
  }
  await stickyTargets('false');
});

test('answers a fixed response and a redirect itself', async () => {
  const rule = (Priority: number, path: string, action: Action) =>
    new CreateRuleCommand({
      ListenerArn: shop.listenerArn,
      Priority,
      Conditions: [{ Field: 'path-pattern', Values: [path] }],
      Actions: [action],
    });
  const page = { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'closed' };
  await account.elb.send(rule(3, '/closed', { Type: 'fixed-response', FixedResponseConfig: page }));
  expect(await get('/closed')).toEqual({ status: 503, body: 'closed' });
  const elsewhere = { StatusCode: 'HTTP_302' as const, Host: 'new.#{host}', Path: '/to/#{path}' };
  await account.elb.send(rule(4, '/moved', { Type: 'redirect', RedirectConfig: elsewhere }));
  const moved = await fetch(`${shop.url}/moved?a=b`, { redirect: 'manual' });
  expect(moved.status).toBe(302);
  const { port } = new URL(shop.url);
  expect(moved.headers.get('location')).toBe(`http://new.127.0.0.1:${port}/to/moved?a=b`);
});

test('passes method, path, headers and body on, and says whom it speaks for', async () => {
  await shop.shift({ blue: 1, green: 0 });
  const response = await fetch(`${shop.url}/echo?a=%20b`, {
    method: 'PUT',
    headers: { 'X-Custom': 'yes', 'x-forwarded-for': '10.0.0.1', cookie: 'a=1; b=2' },
    body: 'some body',
  });
  const seen = (await response.json()) as {
    method: string;
    url: string;
    headers: Record<string, string>;
    body: string;
  };
  expect(seen).toMatchObject({ method: 'PUT', url: '/echo?a=%20b', body: 'some body' });
  expect(seen.headers).toMatchObject({
    host: new URL(shop.url).host,
    cookie: 'a=1; b=2',
    'x-custom': 'yes',
    'x-forwarded-for': '10.0.0.1, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': new URL(shop.url).port,
  });
  expect(response.headers.get('x-colour')).toBe('blue');
});

test('streams a body too large to hold', async () => {
  const body = 'x'.repeat(1_000_000);
  const response = await fetch(`${shop.url}/echo`, { method: 'POST', body });
  expect(((await response.json()) as { body: string }).body).toHaveLength(body.length);
});

test('passes chunked bodies on', async () => {
  const chunks = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('one,'));
      controller.enqueue(new TextEncoder().encode('two'));
      controller.close();
    },
  });
  const response = await fetch(`${shop.url}/echo`, { method: 'POST', body: chunks, duplex: 'half' } as RequestInit);
  expect(((await response.json()) as { body: string }).body).toBe('one,two');
});

describe('obeys a rule with', () => {
  const cases: [string, RuleCondition, string, Record<string, string>][] = [
    [
      'a header',
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Test', Values: ['idle*'] } },
      '/',
      { 'x-test': 'IDLE-colour' },
    ],
    ['a path', { Field: 'path-pattern', PathPatternConfig: { Values: ['/a/*/c'] } }, '/a/b/c?d=e', {}],
    ['a host', { Field: 'host-header', HostHeaderConfig: { Values: ['*.example'] } }, '/', { host: 'Test.example:80' }],
    [
      'a query string',
      { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'colour', Value: 'g*' }] } },
      '/?colour=green',
      {},
    ],
  ];

  test.each(cases)('%s', async (_what, condition, path, headers) => {
    await shop.shift({ blue: 1, green: 0 });
    const { Rules = [] } = await account.elb.send(
      new CreateRuleCommand({
        ListenerArn: shop.listenerArn,
        Priority: 1,
        Conditions: [condition],
        Actions: [{ Type: 'forward', TargetGroupArn: shop.groups.green }],
      }),
    );
    expect((await get(path, headers)).body).toBe('green');
    expect((await get('/a/b', { 'x-test': 'other' })).body).toBe('blue');
    await account.elb.send(new DeleteRuleCommand({ RuleArn: Rules[0]?.RuleArn }));
    expect((await get(path, headers)).body).toBe('blue');
  });
});

describe('answers', () => {
  test('502 when the target breaks the connection off', async () => {
    const response = await fetch(`${shop.url}/cut`);
    expect(response.status).toBe(502);
    expect(response.headers.get('server')).toBe('awselb/2.0');
  });

  test('502 when nothing listens at the target, which it tries when no target is healthy', async () => {
    const group = await extraGroup();
    await register(group, 9);
    expect((await get('/extra')).status).toBe(502);
  });

  test('503 when the group is empty', async () => {
    await extraGroup();
    expect((await get('/extra')).status).toBe(503);
  });

  test('503 when every weight is 0', async () => {
    await shop.shift({ blue: 0, green: 0 });
    expect((await get('/')).status).toBe(503);
    await shop.shift({ blue: 1, green: 0 });
  });

  test('504 when the target is silent for longer than the idle timeout', async () => {
    await idleTimeout('1');
    const { status } = await get('/slow?ms=10000');
    await idleTimeout('60');
    expect(status).toBe(504);
  });

  test('a cut connection when the target dies within its answer', async () => {
    await expect((await fetch(`${shop.url}/half`)).text()).rejects.toThrow();
  });

  test('the status of the target as it is', async () => {
    expect((await get('/status?code=404')).status).toBe(404);
    expect((await get('/status?code=500')).status).toBe(500);
  });
});

let extraRule: string | undefined;
async function extraGroup(): Promise<string> {
  const TargetGroupArn = await createGroup(account, `extra-${Date.now()}`);
  if (extraRule !== undefined) await account.elb.send(new DeleteRuleCommand({ RuleArn: extraRule }));
  const { Rules = [] } = await account.elb.send(
    new CreateRuleCommand({
      ListenerArn: shop.listenerArn,
      Priority: 2,
      Conditions: [{ Field: 'path-pattern', Values: ['/extra'] }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  extraRule = Rules[0]?.RuleArn;
  return TargetGroupArn;
}

async function register(TargetGroupArn: string, Port: number): Promise<void> {
  const Targets = [{ Id: '127.0.0.1', Port }];
  await account.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
}

async function stickyTargets(Value: 'true' | 'false'): Promise<void> {
  const Attributes = [{ Key: 'stickiness.enabled', Value }];
  await account.elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: shop.groups.blue, Attributes }));
}

async function idleTimeout(Value: string): Promise<void> {
  const Attributes = [{ Key: 'idle_timeout.timeout_seconds', Value }];
  await account.elb.send(
    new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn: shop.loadBalancerArn, Attributes }),
  );
}

/** Unlike fetch, lets a test set the Host header. */
function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${shop.url}${path}`, { headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
