import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import { sharedService, sharedServiceTimeoutMs } from './shared-service.js';

export interface SharedServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string;
}

export interface TemporalAccess extends SharedServer {
  /** Nobody else's. */
  readonly taskQueue: string;
  readonly client: Client;
  /** For workers in the test's own process. */
  readonly workerConnection: NativeConnection;
}

/** Address of the run's Temporal server, for processes a test spawns. */
export const sharedTemporal = (): Promise<SharedServer> => sharedService('/temporal');

/** A namespace of the run's Temporal server that nobody else uses, with sluice's search attributes. */
export const ownNamespace = (): Promise<SharedServer> => sharedService('/namespace');

/** Called at the head of a test file: gives its tests connections to the run's Temporal server, and closes them after. */
export function withTemporal(): TemporalAccess {
  const access = { taskQueue: `test-${randomUUID()}` } as {
    -readonly [Key in keyof TemporalAccess]: TemporalAccess[Key];
  };
  beforeAll(async () => {
    const server = await sharedTemporal();
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection, namespace: server.namespace });
    const workerConnection = await NativeConnection.connect({ address: server.address });
    Object.assign(access, server, { client, workerConnection });
  }, sharedServiceTimeoutMs);
  afterAll(async () => {
    await access.workerConnection?.close();
    await access.client?.connection.close();
  });
  return access;
}
