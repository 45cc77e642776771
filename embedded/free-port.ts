import { createServer, type AddressInfo } from 'node:net';

/** A port of 127.0.0.1 that is free now. For programs that cannot choose one themselves; others should listen on 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
