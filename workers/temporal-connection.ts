import { existsSync } from 'node:fs';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalServer {
  readonly options: ConnectionOptions;
  readonly namespace: string;
  /** `127.0.0.1:7233 (from TEMPORAL_ADDRESS)` */
  readonly where: string;
}

const connectTimeoutMs = 5_000;

/** What Temporal's variables, of this environment alone, and its configuration file say; throws what is wrong with them. */
export function findTemporal(environment: NodeJS.ProcessEnv): TemporalServer {
  const { connectionOptions, namespace = 'default' } = readVariables(environment);
  const { address = '127.0.0.1:7233' } = connectionOptions;
  const source = environment.TEMPORAL_ADDRESS
    ? 'from TEMPORAL_ADDRESS'
    : connectionOptions.address === undefined
      ? 'the default'
      : 'from Temporal’s configuration file';
  return { options: { ...connectionOptions, address }, namespace, where: `${address} (${source})` };
}

function readVariables(environment: NodeJS.ProcessEnv) {
  const file = environment.TEMPORAL_CONFIG_FILE;
  // The loader would take a file that is not there for an empty one.
  if (file && !existsSync(file)) {
    throw new Error(`expected the file ${file} (from TEMPORAL_CONFIG_FILE), but there is none`);
  }
  try {
    return loadClientConnectConfig({ overrideEnvVars: setIn(environment) });
  } catch (error) {
    throw new Error(
      `expected a usable Temporal configuration in TEMPORAL_* and its configuration file: ${textOf(error)}; correct what it names`,
      { cause: error },
    );
  }
}

function setIn(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((each): each is [string, string] => each[1] !== undefined),
  );
}

/** Throws where it looked, what it met, and what to do. */
export async function connectTemporal({ options, where }: TemporalServer): Promise<Connection> {
  try {
    return await Connection.connect({ ...options, connectTimeout: connectTimeoutMs });
  } catch (error) {
    throw new Error(
      `expected Temporal at ${where}: ${textOf(error)}; start the server, or set TEMPORAL_ADDRESS to one that runs`,
      { cause: error },
    );
  }
}

/** The innermost message: gRPC's own stands around it and only says that a call failed. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? textOf(error.cause) : error.message;
}
