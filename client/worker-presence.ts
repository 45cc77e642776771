import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { releaseTaskQueue } from './task-queue.js';

const workflowTasks = 1;
/** A long poll lasts a minute, so a worker that lives has been seen within this time. */
const seenWithinMs = 75_000;
/** A worker that is just starting gets this long to show up. */
const waitMs = 8_000;

/** Refuses with `unreachable` when no worker polls the task queue: an update would only wait for its deadline. */
export async function expectWorker(temporal: Temporal): Promise<void> {
  const giveUpAt = Date.now() + waitMs;
  while (!(await hasWorker(temporal))) {
    if (Date.now() > giveUpAt) {
      throw new ClientError({
        exit: 'unreachable',
        message: `expected a worker on the task queue ${releaseTaskQueue()} in the namespace ${temporal.namespace} of Temporal at ${temporal.where}, found none; nothing was started`,
        remedy: 'Start a worker (`sluice up` starts one on this machine) and run the same command again.',
      });
    }
    await sleep(500);
  }
}

async function hasWorker({ client, namespace, call }: Temporal): Promise<boolean> {
  const request = { namespace, taskQueue: { name: releaseTaskQueue() }, taskQueueType: workflowTasks };
  const { pollers } = await call({ what: 'look for workers' }, () => client.workflowService.describeTaskQueue(request));
  return (pollers ?? []).some(({ lastAccessTime }) => {
    const seenAt = Number(lastAccessTime?.seconds ?? 0) * 1000;
    return Date.now() - seenAt < seenWithinMs;
  });
}
