import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions, Worker, type WorkerOptions } from '@temporalio/worker';
import { createAwsClients } from '../activities/aws-clients.js';
import { crashAt, neverCrash } from '../activities/crash-point.js';
import { createPhasedSqlEngine } from '../activities/database/phased-sql-engine.js';
import { createActivities } from '../activities/index.js';
import { openLedger } from '../activities/ledger/pg-ledger.js';
import { createCloudWatchMetricSource } from '../activities/metrics/cloudwatch-metric-source.js';
import { environmentSecrets } from '../activities/secrets.js';
import { createAlbTrafficRouter } from '../activities/traffic/alb-traffic-router.js';
import { createEcsWorkloadHost } from '../activities/workload/ecs-workload-host.js';
import { releaseTaskQueue, undoTaskQueue } from '../domain/wire-names.js';
import { activityInterceptor } from './activity-interceptor.js';
import type { WorkerConfig } from './config.js';
import { ensureReaper } from './reaper-schedule.js';
import { ensureSearchAttributes } from './search-attributes.js';

const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

export interface RunningWorker {
  /** Settles when both workers have stopped. */
  readonly stopped: Promise<void>;
  stop(): void;
}

/** Builds every real client and starts the two workers of this process: one for releases, one that is kept free for undo. */
export async function startWorker(config: WorkerConfig, environment: NodeJS.ProcessEnv): Promise<RunningWorker> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect(connectionOptions);
  const client = new Client({ connection, namespace });
  await ensureSearchAttributes(connection, namespace);
  await ensureReaper(client, config.reaperIntervalMs);

  const ledger = await openLedger(config.ledgerUrl);
  const aws = createAwsClients(config.aws);
  const activities = createActivities({
    ledger,
    host: createEcsWorkloadHost(aws),
    router: createAlbTrafficRouter(aws),
    metrics: createCloudWatchMetricSource(aws),
    engine: createPhasedSqlEngine({}),
    secrets: environmentSecrets(environment),
    client,
    crash: config.crashAt === undefined ? neverCrash : crashAt(config.crashAt),
  });

  const native = await NativeConnection.connect(connectionOptions as NativeConnectionOptions);
  const common = {
    connection: native,
    namespace,
    buildId: config.buildId,
    shutdownGraceTime: config.shutdownGraceMs,
    shutdownForceTime: config.shutdownGraceMs + 5_000,
    // The default of 80 % of the timeout would let a dead worker's activity look alive for four seconds longer.
    maxHeartbeatThrottleInterval: '1s',
    interceptors: { activity: [activityInterceptor] },
  } satisfies Partial<WorkerOptions>;
  const release = await Worker.create({
    ...common,
    taskQueue: releaseTaskQueue,
    workflowBundle: { codePath: bundle },
    // A workflow task that was meant for a dead worker's cache waits this long before another takes it.
    stickyQueueScheduleToStartTimeout: '2s',
    activities: activities.release,
    maxConcurrentActivityTaskExecutions: config.releaseSlots,
  });
  const undo = await Worker.create({
    ...common,
    taskQueue: undoTaskQueue,
    activities: activities.undo,
    maxConcurrentActivityTaskExecutions: config.undoSlots,
  });

  const stopped = Promise.all([release.run(), undo.run()]).finally(async () => {
    await Promise.allSettled([native.close(), connection.close(), ledger.close()]);
  });
  return {
    stopped: stopped.then(() => undefined),
    stop() {
      for (const worker of [release, undo]) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
