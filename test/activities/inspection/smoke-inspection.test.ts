import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { reach } from '../../../activities/inspection/smoke-inspection.js';
import { freePort } from '../../../embedded/free-port.js';
import { startLocalServer } from '../../contract/local-server.js';
import { type Certificates, makeCertificates } from '../../support/certificates.js';

let certificates: Certificates;
let port: number;
let close = (): void => undefined;

beforeAll(async () => {
  certificates = await makeCertificates();
  const secure = createServer(certificates.server, (_, response) => response.end('ok'));
  await new Promise<void>((resolve) => secure.listen(0, '0.0.0.0', resolve));
  port = (secure.address() as AddressInfo).port;
  close = () => void secure.close();
});

afterAll(() => {
  close();
  certificates?.remove();
});

/** What Node reads from NODE_EXTRA_CA_CERTS at its start. */
function trustTheAuthority(): void {
  const before = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: certificates.authority } }));
  onTestFinished(() => setGlobalDispatcher(before));
}

it('tells the status, and sends no header of the smoke test', async () => {
  const seen: unknown[] = [];
  const plain = await startLocalServer((request, response) => {
    seen.push([request.method, request.url, request.headers['x-sluice-test']]);
    response.writeHead(404).end('nothing here');
  });
  onTestFinished(() => plain.close());
  const url = `${plain.url}/health`;
  expect(await reach(new URL(url))).toEqual({ url, kind: 'answered', status: 404 });
  expect(seen).toEqual([['GET', '/health', undefined]]);
});

it('tells a certificate that does not name the host', async () => {
  trustTheAuthority();
  expect(await reach(new URL(`https://localhost:${port}/`))).toMatchObject({ kind: 'answered', status: 200 });
  expect(await reach(new URL(`https://127.0.0.2:${port}/`))).toMatchObject({
    kind: 'untrusted',
    reason: expect.stringContaining("127.0.0.2 is not in the cert's list") as string,
  });
});

it('tells a certificate that nobody vouches for', async () => {
  expect(await reach(new URL(`https://localhost:${port}/`))).toMatchObject({ kind: 'untrusted' });
});

it('tells that nobody is there', async () => {
  expect(await reach(new URL(`http://127.0.0.1:${await freePort()}/`))).toMatchObject({
    kind: 'unreachable',
    reason: expect.stringContaining('ECONNREFUSED') as string,
  });
});
