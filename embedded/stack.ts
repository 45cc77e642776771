import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createAwsClients } from '../activities/aws-clients.js';
import { createAlbTrafficRouter } from '../activities/traffic/alb-traffic-router.js';
import { createEcsWorkloadHost } from '../activities/workload/ecs-workload-host.js';
import { searchAttributeNames } from '../domain/search-attributes.js';
import { createSchema, createServiceRole, seed } from '../examples/shop/database.js';
import { type Child, startChild } from './child.js';
import { packageRoot } from './package-root.js';
import { type Postgres, startPostgres } from './postgres.js';
import { deployFirstVersion } from './shop/first-version.js';
import { type Infrastructure, provideInfrastructure } from './shop/infrastructure.js';
import { registerImages } from './shop/versions.js';
import { locateTemporal } from './temporal/locate.js';
import { type TemporalServer, startTemporal } from './temporal/server.js';

export interface StackOptions {
  /** Where data, logs and reports go; `.sluice` by default of the commands. What an earlier stack left there is removed. */
  readonly stateDir: string;
  /** Told what is being started. */
  readonly onProgress: (line: string) => void;
  /** Default 120,000. */
  readonly customers?: number;
  /** Tasks a colour; default 2. */
  readonly desiredCount?: number;
  /** Laid over the worker's environment. */
  readonly workerEnv?: NodeJS.ProcessEnv;
  /** The service connects as a role that owns nothing. Default: as the owner of its tables. */
  readonly serviceRole?: boolean;
  /** Default: servers of its own, which end with it. */
  readonly servers?: StackServers;
}

/** Servers that are there already, and stay. */
export interface StackServers {
  readonly temporal: TemporalPlace;
  /** Connection strings of two empty databases. */
  readonly ledgerUrl: string;
  readonly shopDatabaseUrl: string;
}

export type TemporalPlace = Pick<TemporalServer, 'address' | 'namespace' | 'uiUrl'>;

/** Everything a release needs, on one machine. It ends with the process that started it. */
export interface Stack {
  readonly temporal: TemporalPlace;
  readonly simulator: Child<{ readonly endpoint: string }>;
  readonly infrastructure: Infrastructure;
  readonly desiredCount: number;
  readonly ledgerUrl: string;
  readonly shopDatabaseUrl: string;
  readonly logDir: string;
  /** The worker of the moment. */
  worker(): Child<unknown>;
  /** Starts another worker, after the one there was has been killed or stopped. */
  startWorker(env?: NodeJS.ProcessEnv): Promise<Child<unknown>>;
  /** Absent where the servers are not the stack's own. */
  readonly own: OwnServers | undefined;
  /** In the order that loses nothing: worker, simulator with its tasks, Temporal, Postgres. */
  stop(): Promise<void>;
}

/** What may be broken without breaking it for others. */
export interface OwnServers {
  readonly postgres: Postgres;
  /** SIGKILL of the Temporal server, and another one on the same file and port. */
  restartTemporal(): Promise<void>;
}

const region = 'eu-central-1';
/** The simulator asks for none, but the SDK does not call without. */
const simulatorCredentials = { accessKeyId: 'simulator', secretAccessKey: 'simulator' };

export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir, onProgress, desiredCount = 2 } = options;
  const logDir = path.join(stateDir, 'logs');
  for (const part of ['temporal', 'postgres', 'logs'])
    rmSync(path.join(stateDir, part), { recursive: true, force: true });
  mkdirSync(logDir, { recursive: true });

  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const own = options.servers === undefined ? await startServers(options, started) : undefined;
    const { ledgerUrl, shopDatabaseUrl } = own ?? (options.servers as StackServers);
    const temporal = () => own?.temporal() ?? (options.servers as StackServers).temporal;

    onProgress('the AWS simulator starts');
    const simulator = await startSimulator(logDir);
    started.push(() => simulator.stop());

    onProgress(`the shop gets its tables and ${options.customers ?? 120_000} customers`);
    await createSchema(shopDatabaseUrl);
    await seed(shopDatabaseUrl, options.customers === undefined ? {} : { customers: options.customers });

    onProgress('version 1 of the shop goes live on blue');
    const { endpoint } = simulator.ready;
    const serviceUrl = options.serviceRole === true ? await createServiceRole(shopDatabaseUrl) : shopDatabaseUrl;
    await registerImages(endpoint, { 'shop-database-url': serviceUrl });
    const aws = createAwsClients({ region, endpoint, credentials: simulatorCredentials });
    const infrastructure = await provideInfrastructure(aws);
    await deployFirstVersion({
      host: createEcsWorkloadHost(aws),
      router: createAlbTrafficRouter(aws),
      infrastructure,
      desiredCount,
    });

    const workerEnv: NodeJS.ProcessEnv = {
      TEMPORAL_ADDRESS: temporal().address,
      TEMPORAL_NAMESPACE: temporal().namespace,
      SLUICE_LEDGER_URL: ledgerUrl,
      SLUICE_AWS_ENDPOINT: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: simulatorCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: simulatorCredentials.secretAccessKey,
      SHOP_DATABASE_URL: shopDatabaseUrl,
      ...options.workerEnv,
    };
    onProgress('the worker starts');
    const startWorker = (env?: NodeJS.ProcessEnv) => spawnWorker(logDir, { ...workerEnv, ...env });
    let worker = await startWorker();
    started.push(() => worker.stop({ graceMs: 20_000 }));

    return {
      get temporal() {
        return temporal();
      },
      own,
      simulator,
      infrastructure,
      desiredCount,
      ledgerUrl,
      shopDatabaseUrl,
      logDir,
      worker: () => worker,
      async startWorker(env) {
        worker = await startWorker(env);
        return worker;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServers({ stateDir, onProgress }: StackOptions, started: (() => Promise<unknown>)[]) {
  const binary = await locateTemporal({ log: onProgress });
  onProgress('Postgres and Temporal start');
  const postgres = await startPostgres({ dataDir: path.join(stateDir, 'postgres'), databases: ['sluice', 'shop'] });
  started.push(() => postgres.stop());
  const options = {
    binary,
    dbFile: path.join(stateDir, 'temporal', 'temporal.db'),
    logFile: path.join(stateDir, 'logs', 'temporal.log'),
    searchAttributes: Object.fromEntries(searchAttributeNames.map((name) => [name, 'Keyword' as const])),
  };
  let temporal = await startTemporal(options);
  started.push(() => temporal.stop());
  return {
    postgres,
    ledgerUrl: postgres.url('sluice'),
    shopDatabaseUrl: postgres.url('shop'),
    temporal: () => temporal,
    async restartTemporal() {
      const { port, uiPort } = temporal;
      await temporal.kill();
      temporal = await startTemporal({ ...options, port, ...(uiPort === undefined ? {} : { uiPort }) });
    },
  };
}

function startSimulator(logDir: string): Promise<Child<{ readonly endpoint: string }>> {
  return startChild({
    name: 'AWS simulator',
    command: process.execPath,
    args: [path.join(packageRoot, 'dist', 'embedded', 'aws', 'main.js')],
    log: path.join(logDir, 'aws-simulator.log'),
    ready: (line) => JSON.parse(line) as { endpoint: string },
  });
}

function spawnWorker(logDir: string, env: NodeJS.ProcessEnv): Promise<Child<unknown>> {
  return startChild({
    name: 'worker',
    command: process.execPath,
    args: [path.join(packageRoot, 'dist', 'workers', 'main.js')],
    env,
    log: path.join(logDir, 'worker.log'),
    ready: (line) => ((JSON.parse(line) as { ready?: boolean }).ready === true ? true : undefined),
  });
}
