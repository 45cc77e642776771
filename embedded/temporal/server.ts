import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { EndedEarlyError, type Exit, startChild } from '../child.js';
import { freePort } from '../free-port.js';

export interface TemporalOptions {
  /** Path of the server binary, as `locateTemporal` finds it. */
  readonly binary: string;
  /** SQLite file that keeps all workflows over a restart. Default: nothing is kept. */
  readonly dbFile?: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: any free port. */
  readonly uiPort?: number;
  /** True: no web UI. */
  readonly headless?: boolean;
  /** The server's own log, appended to. */
  readonly logFile: string;
  /** Default: `default`. */
  readonly namespace?: string;
  /** Custom search attributes and their types, registered in the namespace. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeKind>>;
}

export type SearchAttributeKind = 'Bool' | 'Datetime' | 'Double' | 'Int' | 'Keyword' | 'KeywordList' | 'Text';

export interface TemporalServer {
  /** `host:port` of the frontend. */
  readonly address: string;
  readonly port: number;
  readonly namespace: string;
  /** Absent when headless. */
  readonly uiUrl: string | undefined;
  readonly uiPort: number | undefined;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** In good order; may be called again. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/**
 * Starts a Temporal server on 127.0.0.1 and resolves when its namespace answers. It ends with this process, also when
 * this process is killed. Rejects with the server's last words when it does not come up within 60 s.
 *
 * For its parts it takes more ports than it is told, and somebody else may be faster: one that ends is started again.
 */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  for (let startsLeft = 3; ; startsLeft -= 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (startsLeft <= 1 || !(error instanceof EndedEarlyError)) throw error;
    }
  }
}

async function startOnce(options: TemporalOptions): Promise<TemporalServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort()));
  const namespace = options.namespace ?? 'default';
  const address = `127.0.0.1:${port}`;
  if (options.dbFile) mkdirSync(path.dirname(options.dbFile), { recursive: true });

  const child = await startChild({
    name: 'Temporal server',
    command: options.binary,
    args: startArguments({ ...options, port, uiPort, namespace }),
    log: options.logFile,
    foreign: true,
    // Its own word comes first: whatever else listens on the port must not be taken for it.
    ready: (line) => /Server:\s+\S+:\d+/.test(line) || undefined,
    readyTimeoutMs: startWithinMs,
  });
  try {
    await untilAnswering(address, namespace);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    address,
    port,
    namespace,
    uiUrl: uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`,
    uiPort,
    pid: child.pid,
    exited: child.exited,
    stop: async () => void (await child.stop()),
    kill: async () => void (await child.kill()),
  };
}

// The queue readers of the one history shard are limited to 20 polls a second by default, which costs each task 50 ms.
const dynamicConfig = {
  'history.transferProcessorMaxPollRPS': 1000,
  'history.timerProcessorMaxPollRPS': 1000,
  // Its default of a second is the shortest timer there is, for every retry and every short wait.
  'history.timerProcessorMaxTimeShift': '"20ms"',
  'frontend.enableExecuteMultiOperation': true,
  'frontend.enableUpdateWorkflowExecution': true,
};

type Placed = TemporalOptions & { port: number; uiPort: number | undefined; namespace: string };

function startArguments({ port, uiPort, namespace, dbFile, searchAttributes = {} }: Placed): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...['--namespace', namespace, '--log-level', 'warn'],
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...Object.entries(searchAttributes).flatMap(([name, kind]) => ['--search-attribute', `${name}=${kind}`]),
    ...Object.entries(dynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
}

const startWithinMs = 60_000;

async function untilAnswering(address: string, namespace: string): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  for (;;) {
    const refusal = await refusalOf(address, namespace);
    if (refusal === undefined) return;
    if (Date.now() > deadline) {
      throw new Error(`The Temporal server at ${address} shows no namespace ${namespace}: ${refusal}`);
    }
    await sleep(50);
  }
}

async function refusalOf(address: string, namespace: string): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 2_000 });
    await connection.workflowService.describeNamespace({ namespace });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await connection?.close();
  }
}
