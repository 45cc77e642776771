import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { releaseTaskQueue, undoTaskQueue } from '../../domain/wire-names.js';
import { activityInterceptor } from '../../workers/activity-interceptor.js';
import '../support/quiet-runtime.js';
import { createWorldActivities } from './world-activities.js';
import type { WorkflowBundle } from './workflow-bundle.js';
import type { World } from './world.js';

export interface WorkerParts {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly client: Client;
  /** By service. */
  readonly worlds: ReadonlyMap<string, World>;
  readonly bundle: WorkflowBundle;
}

export interface RunningWorkers {
  stop(): Promise<void>;
}

/** The two workers of production on worlds in memory: real workflow code, real heartbeats, real retry policies. */
export async function startReleaseWorkers(parts: WorkerParts): Promise<RunningWorkers> {
  const { connection, namespace, bundle } = parts;
  const activities = createWorldActivities(parts);
  const common = {
    connection,
    namespace,
    maxHeartbeatThrottleInterval: '1s',
    // A hung activity of the test must not keep its file alive.
    shutdownForceTime: '1s',
    interceptors: { activity: [activityInterceptor] },
  } satisfies Partial<WorkerOptions>;
  const release = await Worker.create({
    ...common,
    taskQueue: releaseTaskQueue,
    workflowBundle: bundle,
    activities: activities.release,
  });
  const undo = await Worker.create({ ...common, taskQueue: undoTaskQueue, activities: activities.undo });
  const ran = Promise.allSettled([release.run(), undo.run()]);
  return {
    async stop() {
      for (const worker of [release, undo]) if (worker.getState() === 'RUNNING') worker.shutdown();
      await ran;
    },
  };
}
