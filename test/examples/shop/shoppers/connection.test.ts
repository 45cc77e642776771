import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connect, type Connections } from '../../../../examples/shop/shoppers/connection.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const page = { method: 'GET', path: '/page' } as const;

it('keeps some connections and makes the others anew for each request', async () => {
  const sockets = new Set<Socket>();
  const { kept, fresh } = await visit((request, response) => {
    sockets.add(request.socket);
    response.end('{}');
  });
  for (let n = 0; n < 30; n += 1) await kept(page);
  const kepts = sockets.size;
  expect(kepts).toBeLessThan(4);
  for (let n = 0; n < 5; n += 1) await fresh(page);
  expect(sockets.size).toBe(kepts + 5);
});

it('reports a connection that breaks, and does not try again', async () => {
  let requests = 0;
  const { kept } = await visit((request) => {
    requests += 1;
    request.socket.resetAndDestroy();
  });
  expect(await kept(page)).toEqual({ kind: 'unanswered', reason: 'ECONNRESET' });
  expect(requests).toBe(1);
});

it('reports an answer that ends in the middle', async () => {
  const { kept } = await visit((request, response) => {
    response.writeHead(200, { 'x-shop-version': '1', 'content-length': '100' });
    response.write('{"half":', () => request.socket.destroy());
  });
  expect(await kept(page)).toMatchObject({ kind: 'unanswered' });
});

it('reports a listener that is not there', async () => {
  const { kept, server } = await visit((_request, response) => response.end());
  await new Promise((resolve) => server.close(resolve));
  expect(await kept(page)).toEqual({ kind: 'unanswered', reason: 'ECONNREFUSED' });
});

it('tells an answer of the shop from a page of the load balancer', async () => {
  const { kept } = await visit((request, response) => {
    if (request.url === '/page') response.writeHead(502).end('<html>Bad Gateway</html>');
    else response.writeHead(200, { 'x-shop-version': '2' }).end('{"id":"7"}');
  });
  expect(await kept(page)).toEqual({ kind: 'answered', status: 502, version: undefined, body: undefined });
  const answer = await kept({ method: 'POST', path: '/carts', body: {} });
  expect(answer).toEqual({ kind: 'answered', status: 200, version: '2', body: { id: '7' } });
});

async function visit(listener: RequestListener): Promise<Connections & { server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connections = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  }, connections.close);
  return { ...connections, server };
}
