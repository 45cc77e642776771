import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The states of Temporal's workers in this process, by name; none while they start. */
export type WorkerStates = () => Readonly<Record<string, string>>;

export interface HealthServer {
  readonly port: number;
  close(): void;
}

/**
 * `/live` answers 200 for as long as the process is worth keeping. `/ready` answers 200 while every worker takes work, and
 * 503 with the reason while they start or stop: an orchestrator waits for it before it stops the worker before this one.
 */
export async function startHealth(port: number, buildId: string, states: WorkerStates): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    const workers = states();
    const ready = Object.keys(workers).length > 0 && Object.values(workers).every((state) => state === 'RUNNING');
    switch (request.url) {
      case '/live':
        return answer(200, { live: true, buildId });
      case '/ready':
        return answer(ready ? 200 : 503, { ready, buildId, workers });
      default:
        return answer(404, { error: `nothing answers ${request.url}; ask for /live or /ready` });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  // A probe must not keep a process alive that has nothing left to do.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
