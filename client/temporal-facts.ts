import { ScheduleNotFoundError } from '@temporalio/client';
import type { PollerFacts, TemporalFacts } from '../domain/doctor/facts.js';
import { reaperScheduleId, taskQueuesOf } from '../domain/wire-names.js';
import { type Temporal, grpcCodeOf } from './connection.js';
import { taskQueuePrefix } from './task-queue.js';

/** gRPC status code. */
const notFound = 5;

/** `temporal.api.enums.v1.TaskQueueType` */
const queueTypes = { workflows: 1, activities: 2 } as const;

/** A long poll lasts a minute, so a worker that lives has been seen within this time. */
const seenWithinMs = 75_000;

/** What Temporal itself says; reads only. */
export async function readTemporalFacts(temporal: Temporal): Promise<TemporalFacts> {
  const { client, where, namespace, call } = temporal;
  const { serverVersion } = await call({ what: 'ask for the version' }, () => client.workflowService.getSystemInfo({}));
  const prefix = taskQueuePrefix();
  const base = { where, serverVersion, namespace, taskQueuePrefix: prefix };
  const searchAttributes = await readSearchAttributes(temporal);
  if (searchAttributes === undefined) return { ...base, pollers: [] };
  const reaper = await readReaper(temporal, prefix);
  const { release, undo } = taskQueuesOf(prefix);
  const pollers = await Promise.all([
    readPollers(temporal, release, 'workflows'),
    readPollers(temporal, release, 'activities'),
    readPollers(temporal, undo, 'activities'),
  ]);
  return { ...base, searchAttributes, ...(reaper === undefined ? {} : { reaper }), pollers: pollers.flat() };
}

/** `undefined` where there is no such namespace. */
async function readSearchAttributes({ client, namespace, call }: Temporal) {
  try {
    await call({ what: 'look for the namespace' }, () => client.workflowService.describeNamespace({ namespace }));
    const { customAttributes } = await call({ what: 'list search attributes' }, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    return customAttributes;
  } catch (error) {
    if (grpcCodeOf(error) === notFound) return undefined;
    throw error;
  }
}

async function readReaper({ client, call }: Temporal, prefix: string): Promise<TemporalFacts['reaper']> {
  try {
    const { spec, state } = await call({ what: 'look for the reaper schedule' }, () =>
      client.schedule.getHandle(reaperScheduleId(prefix)).describe(),
    );
    return { everyMs: spec.intervals?.[0]?.every ?? 0, paused: state.paused };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

async function readPollers(
  { client, namespace, call }: Temporal,
  queue: string,
  kind: PollerFacts['kind'],
): Promise<PollerFacts[]> {
  const { pollers } = await call({ what: 'look for workers' }, () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: queue },
      taskQueueType: queueTypes[kind],
    }),
  );
  return (pollers ?? [])
    .filter(({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < seenWithinMs)
    .map(({ identity, workerVersionCapabilities, deploymentOptions }) => ({
      queue,
      kind,
      buildId: deploymentOptions?.buildId || workerVersionCapabilities?.buildId || '',
      identity: identity ?? '',
    }));
}
