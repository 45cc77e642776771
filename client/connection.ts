import { existsSync } from 'node:fs';
import {
  Client,
  Connection,
  type ConnectionOptions,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ClientError } from './client-error.js';
import { findStackFile } from './stack-file.js';

/** Temporal as the commands use it: every call has a deadline and fails with what to do. */
export interface Temporal {
  readonly client: Client;
  readonly namespace: string;
  /** `127.0.0.1:7233 (from TEMPORAL_ADDRESS)` */
  readonly where: string;
  /** Runs one call; `unreachable` when there is no answer within `timeoutMs` (default 5,000). */
  call<T>(call: { readonly what: string; readonly timeoutMs?: number }, run: () => Promise<T>): Promise<T>;
  /** The run's page in Temporal's UI, where the address of the UI is known. */
  uiOf(workflowId: string): string | undefined;
}

const connectTimeoutMs = 5_000;
const callTimeoutMs = 5_000;

/** gRPC status codes. */
const permissionDenied = 7;
const unavailable = 14;
const unauthenticated = 16;

/** Connects, runs, and closes. */
export async function withTemporal<T>(run: (temporal: Temporal) => Promise<T>): Promise<T> {
  const { options, namespace, where, ui } = findServer();
  const connection = await connect(options, where);
  const temporal: Temporal = {
    client: new Client({ connection, namespace }),
    namespace,
    where,
    async call({ what, timeoutMs = callTimeoutMs }, run) {
      try {
        return await connection.withDeadline(Date.now() + timeoutMs, run);
      } catch (error) {
        throw explain(error, `${what}: Temporal at ${where} did not answer within ${timeoutMs / 1000} s`, where);
      }
    },
    uiOf: (workflowId) =>
      ui === undefined ? undefined : `${ui}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
  };
  try {
    return await run(temporal);
  } finally {
    await connection.close();
  }
}

interface Server {
  readonly options: ConnectionOptions;
  readonly namespace: string;
  readonly where: string;
  readonly ui?: string;
}

function findServer(): Server {
  const { connectionOptions, namespace = 'default' } = loadConfig();
  const options = connectionOptions as ConnectionOptions;
  if (options.address !== undefined) {
    const source = process.env.TEMPORAL_ADDRESS ? 'TEMPORAL_ADDRESS' : 'Temporal’s configuration file';
    return { options, namespace, where: `${options.address} (from ${source})` };
  }
  const stack = findStackFile(process.cwd());
  if (stack === undefined) return { options, namespace, where: '127.0.0.1:7233 (the default)' };
  return {
    options: { ...options, address: stack.temporalAddress },
    namespace,
    where: `${stack.temporalAddress} (from ${stack.file})`,
    ...(stack.temporalUi === undefined ? {} : { ui: stack.temporalUi }),
  };
}

function loadConfig() {
  const file = process.env.TEMPORAL_CONFIG_FILE;
  // The loader would take a file that is not there for an empty one.
  if (file && !existsSync(file)) {
    throw new ClientError({
      exit: 'usage',
      message: `expected the file ${file} (from TEMPORAL_CONFIG_FILE), but there is none`,
      remedy: 'Name a file that is there, or unset the variable.',
    });
  }
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new ClientError({
      exit: 'usage',
      message: `expected a usable Temporal configuration in TEMPORAL_* and its configuration file: ${(error as Error).message}`,
      remedy: 'Correct the variable or the file named.',
      cause: error,
    });
  }
}

async function connect(options: ConnectionOptions, where: string): Promise<Connection> {
  try {
    return await Connection.connect({ address: '127.0.0.1:7233', ...options, connectTimeout: connectTimeoutMs });
  } catch (error) {
    const refused = grpcCodeOf(error) === permissionDenied || grpcCodeOf(error) === unauthenticated;
    throw refused ? explain(error, '', where) : unreachable(`expected Temporal at ${where}: ${textOf(error)}`, error);
  }
}

/** Deadlines and refusals of the service in our words; anything else as it is. */
function explain(error: unknown, overdue: string, where: string): unknown {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    return unreachable(overdue, error);
  }
  switch (grpcCodeOf(error)) {
    case unavailable:
      return unreachable(`expected Temporal at ${where}: ${textOf(error)}`, error);
    case permissionDenied:
    case unauthenticated:
      return new ClientError({
        exit: 'failure',
        message: `Temporal at ${where} refuses the call: ${textOf(error)}`,
        remedy: 'Check TEMPORAL_API_KEY, the client certificate, and what this identity may do in the namespace.',
        cause: error,
      });
    default:
      return error;
  }
}

function unreachable(message: string, cause: unknown): ClientError {
  return new ClientError({
    exit: 'unreachable',
    message,
    remedy: 'Start the stack with `sluice up`, or set TEMPORAL_ADDRESS to a server that runs, and try again.',
    cause,
  });
}

export function grpcCodeOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcCodeOf(error.cause) : undefined;
}

function textOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details || error.message;
  return error instanceof Error ? (error.cause instanceof Error ? textOf(error.cause) : error.message) : String(error);
}
