import { type AwsClients, createAwsClients } from '../../activities/aws-clients.js';
import type { Stack } from '../../embedded/stack.js';

/** The stack's AWS, with the credentials of somebody who is not sluice. */
export async function withAwsOfSomebody<T>(stack: Stack, use: (clients: AwsClients) => Promise<T>): Promise<T> {
  const credentials = { accessKeyId: 'somebody', secretAccessKey: 'else' };
  const clients = createAwsClients({ region: 'eu-central-1', endpoint: stack.simulator.ready.endpoint, credentials });
  try {
    return await use(clients);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}
