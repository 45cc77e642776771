import { defaultTaskQueuePrefix, taskQueuePrefixPattern, taskQueuesOf } from '../domain/wire-names.js';
import { laneWorkflowId, type Lane } from '../domain/lane.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { describe } from './release-run.js';

const variable = 'SLUICE_TASK_QUEUE_PREFIX';

/** Where new lanes are started: the queue of the workers that were given the same prefix. */
export function releaseTaskQueue(): string {
  return taskQueuesOf(taskQueuePrefix()).release;
}

export function taskQueuePrefix(): string {
  const prefix = process.env[variable] || defaultTaskQueuePrefix;
  if (taskQueuePrefixPattern.test(prefix)) return prefix;
  throw new ClientError({
    exit: 'usage',
    message: `expected 1 to 64 of A-Z a-z 0-9 . _ - in ${variable}, found ${JSON.stringify(prefix)}`,
    remedy: `Give ${variable} the value that your workers have, or unset it.`,
  });
}

/** A lane runs on one queue; workers of another would hold its releases against another ledger. */
export async function refuseForeignLane(temporal: Temporal, lane: Lane): Promise<void> {
  const run = await describe(temporal, laneWorkflowId(lane));
  const expected = releaseTaskQueue();
  if (run === undefined || run.status.name !== 'RUNNING' || run.taskQueue === expected) return;
  throw new ClientError({
    exit: 'refused',
    message: `expected ${laneWorkflowId(lane)} on the task queue ${expected}, found it running on ${run.taskQueue}; nothing was started`,
    remedy: `Give ${variable} the value of the workers of that lane, or give your lane a name that no other team has in the namespace ${temporal.namespace}.`,
  });
}
