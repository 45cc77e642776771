import { randomUUID } from 'node:crypto';
import { Client, type ClientOptions, Connection, type WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, vi } from 'vitest';
import { releaseWorkflowId } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import { ensureSearchAttributes } from '../../workers/search-attributes.js';
import type { release } from '../../workflows/release.js';
import { sharedServiceTimeoutMs } from '../support/shared-service.js';
import { sharedTemporal } from '../support/temporal.js';
import { type RunningWorkers, startReleaseWorkers } from './release-workers.js';
import { type WorkflowBundle, builtBundle } from './workflow-bundle.js';
import { type World, createWorld } from './world.js';

export type ReleaseHandle = WorkflowHandle<typeof release>;

export interface Releases {
  readonly client: Client;
  /** A lane of its own, known to the workers. */
  world(plan?: Partial<Plan>, service?: string): World;
  /** Starts a release without its lane. */
  start(world: World, version?: string): Promise<ReleaseHandle>;
}

export interface OwnReleases extends Releases {
  /** With every worker of the file stopped: what is sent meanwhile comes to a run in one activation. */
  withoutWorkers(act: () => Promise<void>): Promise<void>;
}

export interface ReleasesOptions {
  /** Default: the one production runs. */
  readonly bundle?: () => Promise<WorkflowBundle>;
  /** What of the client is not as usual. */
  readonly client?: Pick<ClientOptions, 'dataConverter'>;
}

/** Called at the head of a test file: workers in a namespace of the file's own, since the task queues have fixed names. */
export function withReleases(options: ReleasesOptions = {}): OwnReleases {
  // What a release does most is wait for timers of the server, which costs nobody anything.
  vi.setConfig({ maxConcurrency: 20 });
  const worlds = new Map<string, World>();
  const temporal: { client?: Client; native?: NativeConnection; workers?: RunningWorkers } = {};
  let startWorkers: () => Promise<RunningWorkers>;

  beforeAll(async () => {
    const { address } = await sharedTemporal();
    const connection = await Connection.connect({ address });
    const namespace = await createNamespace(connection);
    const client = (temporal.client = new Client({ connection, namespace, ...options.client }));
    const native = (temporal.native = await NativeConnection.connect({ address }));
    const bundle = (await options.bundle?.()) ?? builtBundle;
    startWorkers = () => startReleaseWorkers({ connection: native, namespace, client, worlds, bundle });
    temporal.workers = await startWorkers();
  }, sharedServiceTimeoutMs);

  afterAll(async () => {
    await temporal.workers?.stop();
    await temporal.native?.close();
    await temporal.client?.connection.close();
  });

  const client = (): Client => {
    if (temporal.client === undefined) throw new Error('releases can be started in tests and hooks only');
    return temporal.client;
  };
  return Object.assign(releasesOn(client, worlds), {
    async withoutWorkers(act: () => Promise<void>) {
      await temporal.workers?.stop();
      await act();
      temporal.workers = await startWorkers();
    },
  });
}

/** Releases on whatever server the client talks to; the workers must know the worlds. */
export function releasesOn(client: () => Client, worlds: Map<string, World>): Releases {
  return {
    get client() {
      return client();
    },
    world(plan, service) {
      const world = createWorld(plan, service);
      worlds.set(world.lane.service, world);
      return world;
    },
    start(world, version = 'v2') {
      world.book(version);
      return client().workflow.start<typeof release>('release', {
        workflowId: releaseWorkflowId(world.lane, version),
        taskQueue: releaseTaskQueue,
        args: [{ release: { lane: world.lane, version } }],
      });
    },
  };
}

async function createNamespace(connection: Connection): Promise<string> {
  const namespace = `workflows-${randomUUID()}`;
  const workflowExecutionRetentionPeriod = msToTs('1 day');
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await ensureSearchAttributes(connection, namespace);
  return namespace;
}
