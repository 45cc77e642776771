import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A place on the loopback network for one task to listen at. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Hands out a loopback address of its own to each task, as AWS gives each its network interface; where the system
 * has only 127.0.0.1, that one with ever another port.
 */
export function createAddresses(): { reserve(): Promise<Address> } {
  // A random start keeps two simulators on one machine apart; the free port settles it when they meet.
  let next = randomInt(0, 0x3f_ffff);
  return {
    async reserve() {
      next += 1;
      const host = `127.${64 + ((next >> 16) & 63)}.${(next >> 8) & 255}.${1 + ((next & 255) % 254)}`;
      const port = await freePort(host);
      if (port !== undefined) return { host, port };
      const fallback = '127.0.0.1';
      const fallbackPort = await freePort(fallback);
      if (fallbackPort === undefined)
        throw new Error(`no port is free on ${fallback}: this machine has run out of them`);
      return { host: fallback, port: fallbackPort };
    },
  };
}

function freePort(host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : undefined));
    });
  });
}
