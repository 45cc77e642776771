import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Child, startChild } from '../../embedded/child.js';
import { packageRoot } from '../../embedded/package-root.js';
import { freshDatabase } from '../support/postgres.js';
import { sharedServiceTimeoutMs } from '../support/shared-service.js';
import { type SharedServer, sharedTemporal } from '../support/temporal.js';

export interface WorkerReady {
  readonly buildId: string;
  readonly healthPort: number;
}

export interface WorkerProcess extends Child<WorkerReady> {
  /** What it wrote to its log. */
  lines(): readonly string[];
}

export interface WorkerProcesses extends SharedServer {
  readonly client: Client;
  readonly ledgerUrl: string;
  /** Nobody else's, so that the file shares its Temporal namespace with all others. */
  readonly prefix: string;
  readonly taskQueue: string;
  /** The compiled worker as production starts it, from `folder` or else ours; no AWS answers it. It ends with its test. */
  start(env?: NodeJS.ProcessEnv, folder?: string): Promise<WorkerProcess>;
}

/** Called at the head of a test file: real worker processes on the run's Temporal and a ledger of the file's own. */
export function withWorkerProcesses(): WorkerProcesses {
  const prefix = `test-${randomUUID()}`;
  const running: WorkerProcess[] = [];
  const parts = { prefix, taskQueue: `${prefix}-release` } as {
    -readonly [Key in keyof WorkerProcesses]: WorkerProcesses[Key];
  };
  parts.start = async (env, folder = packageRoot) => {
    const worker = await spawnWorker(folder, { ...environmentOf(parts), ...env });
    running.push(worker);
    return worker;
  };
  beforeAll(async () => {
    const server = await sharedTemporal();
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection, namespace: server.namespace });
    Object.assign(parts, server, { client, ledgerUrl: await freshDatabase('ledger') });
  }, sharedServiceTimeoutMs);
  afterEach(async () => {
    await Promise.all(running.splice(0).map((worker) => worker.kill()));
  });
  afterAll(() => parts.client?.connection.close());
  return parts;
}

function environmentOf({ address, namespace, ledgerUrl, prefix }: WorkerProcesses): NodeJS.ProcessEnv {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    SLUICE_LEDGER_URL: ledgerUrl,
    SLUICE_TASK_QUEUE_PREFIX: prefix,
    SLUICE_HEALTH_PORT: '0',
    // The tests start the reaper when they need it.
    SLUICE_REAPER_INTERVAL: '1h',
    AWS_REGION: 'eu-central-1',
    SLUICE_AWS_ENDPOINT: 'http://127.0.0.1:9',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  };
}

async function spawnWorker(folder: string, env: NodeJS.ProcessEnv): Promise<WorkerProcess> {
  const lines: string[] = [];
  const child = await startChild({
    name: 'worker',
    command: process.execPath,
    args: [path.join(folder, 'dist', 'workers', 'main.js')],
    cwd: folder,
    env,
    log: (line: string) => void lines.push(line),
    ready: (line) => {
      const said = JSON.parse(line) as WorkerReady & { readonly ready?: boolean };
      return said.ready === true ? said : undefined;
    },
  });
  return { ...child, lines: () => lines };
}
