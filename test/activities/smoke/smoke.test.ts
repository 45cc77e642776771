import type { IncomingMessage, RequestListener } from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { createSmokeActivities } from '../../../activities/smoke/smoke.js';
import type { ReleaseRequest, SmokeRequest } from '../../../domain/release-request.js';
import { type LocalServer, startLocalServer } from '../../contract/local-server.js';
import { attempt, inActivity } from '../in-activity.js';

const release = { lane: { environment: 'test', service: 'shop' }, version: '2' };

function smokeAt(url: string, changes: Partial<SmokeRequest> = {}) {
  const smoke: SmokeRequest = {
    url,
    headers: { 'x-sluice-test': 'idle' },
    paths: ['/health'],
    expectHeaders: {},
    ...changes,
  };
  const activities = createSmokeActivities(() => Promise.resolve({ smoke } as ReleaseRequest));
  return () => activities.smoke(release);
}

const shops: LocalServer[] = [];
afterAll(() => shops.forEach((server) => server.close()));

/** A shop that answers so, and what it was asked. */
async function shop(answer: RequestListener, changes: Partial<SmokeRequest> = {}) {
  const requests: IncomingMessage[] = [];
  const server = await startLocalServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  shops.push(server);
  return { smoke: smokeAt(server.url, changes), requests };
}

/** These statuses one after the other, the last one from then on. */
function statuses(...all: readonly number[]): RequestListener {
  let calls = 0;
  return (_, response) => void response.writeHead(all[Math.min(calls++, all.length - 1)] ?? 200).end('said');
}

describe.concurrent('the smoke test', () => {
  it('calls every path with the headers that make the test rule match', async () => {
    const { smoke, requests } = await shop(statuses(200), { paths: ['/health', '/products?sort=price'] });
    expect(await inActivity(smoke)).toBe('2 paths answered: /health, /products?sort=price');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /health', 'GET /products?sort=price']);
    expect(requests.map(({ headers }) => headers['x-sluice-test'])).toEqual(['idle', 'idle']);
  });

  it.each([200, 204, 299])('takes %i for an answer', async (status) => {
    const { smoke, requests } = await shop(statuses(status));
    await inActivity(smoke);
    expect(requests).toHaveLength(1);
  });

  it('gives a rule the time to spread', async () => {
    const { smoke, requests } = await shop(statuses(404, 503, 404, 503, 200));
    const running = attempt(smoke);
    await running.heard('/health');
    await running.end;
    expect(requests).toHaveLength(5);
  });

  it.each([300, 404, 500])('fails on %i five times, and names path and status', async (status) => {
    const { smoke, requests } = await shop(statuses(status), { paths: ['/broken', '/never-asked'] });
    await expect(inActivity(smoke)).rejects.toMatchObject({
      code: 'smoke-failed',
      message: `GET /broken: expected a 2xx, found status ${status} 5 times`,
    });
    expect(requests.map(({ url }) => url)).toEqual(Array(5).fill('/broken'));
  });

  it('fails when a later path is bad', async () => {
    const answer: RequestListener = ({ url }, response) => void response.writeHead(url === '/bad' ? 500 : 200).end();
    const { smoke } = await shop(answer, { paths: ['/good', '/bad'] });
    await expect(inActivity(smoke)).rejects.toMatchObject({ message: expect.stringMatching(/^GET \/bad:/) as string });
  });

  it('fails when nobody answers, and says why', async () => {
    const server = await startLocalServer(() => {});
    server.close();
    await expect(inActivity(smokeAt(server.url))).rejects.toMatchObject({
      code: 'smoke-failed',
      message: expect.stringMatching(/^GET \/health: expected a 2xx, found .*ECONNREFUSED.* 5 times$/) as string,
    });
  });

  it('does not take half an answer for one', async () => {
    const { smoke } = await shop((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 }).write('half');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(inActivity(smoke)).rejects.toMatchObject({ code: 'smoke-failed' });
  });

  it.each<readonly [string, RequestListener]>([
    ['an answer', () => {}],
    ['the rest of an answer', (_, response) => void response.write('half')],
  ])('does not wait for ever for %s', async (_, begin) => {
    let calls = 0;
    const { smoke, requests } = await shop((request, response) => {
      calls += 1;
      if (calls === 1) begin(request, response);
      else response.end();
    });
    await inActivity(smoke);
    expect(requests).toHaveLength(2);
  });

  it('is left when its release no longer waits', async () => {
    const running = attempt((await shop(statuses(503))).smoke);
    await running.heard('/health');
    running.cancel();
    await expect(running.end).rejects.toMatchObject({ name: 'CancelledFailure' });
  });
});

describe.concurrent('headers that are expected', () => {
  const expectHeaders = { 'X-Shop-Version': '2', 'x-region': 'here' };
  const saying = (headers: Record<string, string>): RequestListener => {
    return (_, response) => void response.writeHead(200, headers).end();
  };

  it('prove who answered, however their names are written', async () => {
    const { smoke } = await shop(saying({ 'x-shop-version': '2', 'X-Region': 'here' }), { expectHeaders });
    expect(await inActivity(smoke)).toBe('1 path answered: /health');
  });

  it.each([
    ['of another value', { 'x-shop-version': '1', 'x-region': 'here' }, 'X-Shop-Version: 1 instead of 2'],
    ['that are missing', { 'x-shop-version': '2' }, 'x-region: missing instead of here'],
  ])('%s fail it', async (_, headers, found) => {
    const { smoke } = await shop(saying(headers), { expectHeaders });
    await expect(inActivity(smoke)).rejects.toMatchObject({
      code: 'smoke-failed',
      message: `GET /health: expected a 2xx with X-Shop-Version: 2, x-region: here, found ${found} 5 times`,
    });
  });

  it('save no bad status', async () => {
    const bad: RequestListener = (_, response) =>
      void response.writeHead(500, { 'x-shop-version': '2', 'x-region': 'here' }).end();
    await expect(inActivity((await shop(bad, { expectHeaders })).smoke)).rejects.toThrow('found status 500');
  });
});
