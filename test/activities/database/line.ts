import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to the server of `url` for one test: gets both ends of each connection, and hands on what it likes. */
export async function lineTo(url: string, join: (client: Socket, server: Socket) => void): Promise<string> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    sockets.push(client, server);
    join(client, server);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const line = new URL(url);
  line.hostname = '127.0.0.1';
  line.port = String((proxy.address() as AddressInfo).port);
  return line.href;
}
