import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import {
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createAwsAccounts } from '../activities/aws-account.js';
import { crashAt, neverCrash } from '../activities/crash-point.js';
import { createEngineOfEach } from '../activities/database/engine-of-each.js';
import { createActivities } from '../activities/index.js';
import { createInspector } from '../activities/inspection/create-inspector.js';
import { openLedger } from '../activities/ledger/pg-ledger.js';
import { environmentSecrets } from '../activities/secrets.js';
import { taskQueuesOf } from '../domain/wire-names.js';
import { activityInterceptor } from './activity-interceptor.js';
import type { WorkerConfig } from './config.js';
import type { WorkerStates } from './health.js';
import { ensureReaper } from './reaper-schedule.js';
import { ensureSearchAttributes } from './search-attributes.js';
import { connectTemporal, findTemporal } from './temporal-connection.js';
import { watchWaitingReleases } from './waiting-releases.js';

const bundle = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

export interface RunningWorker {
  /** Settles when both workers have stopped; rejects when one failed, or did not stop in time. */
  readonly stopped: Promise<void>;
  readonly states: WorkerStates;
  stop(): void;
}

/** Builds every real client and starts the two workers of this process: one for releases, one that is kept free for undo. */
export async function startWorker(config: WorkerConfig, environment: NodeJS.ProcessEnv): Promise<RunningWorker> {
  const server = findTemporal(environment);
  const { namespace } = server;
  const { taskQueuePrefix } = config;
  const taskQueues = taskQueuesOf(taskQueuePrefix);
  const connection = await connectTemporal(server);
  const client = new Client({ connection, namespace });
  await ensureSearchAttributes(connection, namespace);

  // Two of everything: releases that hold every connection to the ledger or to AWS hold none of the way back's.
  const forRelease = await openWorld({ config, environment, client });
  const forUndo = await openWorld({ config, environment, client });
  await ensureReaper(client, { taskQueuePrefix, intervalMs: config.reaperIntervalMs });

  const native = await NativeConnection.connect(server.options as NativeConnectionOptions);
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
    taskQueue: taskQueues.release,
    workflowBundle: { codePath: bundle },
    // A workflow task that was meant for a dead worker's cache waits this long before another takes it.
    stickyQueueScheduleToStartTimeout: '2s',
    activities: forRelease.activities.release,
    maxConcurrentActivityTaskExecutions: config.releaseSlots,
  });
  const undo = await Worker.create({
    ...common,
    taskQueue: taskQueues.undo,
    activities: forUndo.activities.undo,
    maxConcurrentActivityTaskExecutions: config.undoSlots,
  });

  const waiting = config.metricsPort === undefined ? undefined : watchWaitingReleases(client, taskQueues.release);
  // After a failure nothing is closed: an activity that was cut short may hold its connection, and the process ends anyway.
  const stopped = Promise.all([release.run(), undo.run()]).then(async () => {
    waiting?.stop();
    await Promise.allSettled([native.close(), connection.close(), forRelease.close(), forUndo.close()]);
  });
  return {
    stopped,
    states: () => ({ release: release.getState(), undo: undo.getState() }),
    stop() {
      for (const worker of [release, undo]) if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

interface WorldParts {
  readonly config: WorkerConfig;
  readonly environment: NodeJS.ProcessEnv;
  readonly client: Client;
}

async function openWorld({ config, environment, client }: WorldParts) {
  const ledger = await openLedger(config.ledgerUrl);
  const accountOf = createAwsAccounts(config.aws);
  const secrets = environmentSecrets(environment);
  const activities = createActivities({
    ledger,
    platformOf: (request) => accountOf(request).platform,
    inspectorOf: (request) => createInspector({ ...accountOf(request), secrets, ledger }),
    engine: createEngineOfEach(),
    secrets,
    client,
    crash: config.crashAt === undefined ? neverCrash : crashAt(config.crashAt),
    meter: Runtime.instance().metricMeter,
  });
  return { activities, close: () => ledger.close() };
}
