import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type AwsClientOptions, type AwsClients, createAwsClients } from '../../activities/aws-clients.js';

export interface LocalServer {
  readonly port: number;
  readonly url: string;
  /** Ends its connections too; may be called again. */
  close(): void;
}

/** An HTTP server on a free port of this machine. */
export async function startLocalServer(listener: RequestListener): Promise<LocalServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Clients of something on this machine that stands for AWS. */
export function clientsAt(endpoint: string, options: Partial<AwsClientOptions> = {}): AwsClients {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return createAwsClients({ region: 'us-east-1', endpoint, credentials, ...options });
}
