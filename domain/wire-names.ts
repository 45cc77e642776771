export interface TaskQueues {
  readonly release: string;
  /** Undo has its own, so that saturation cannot delay a rollback. */
  readonly undo: string;
}

/** Environments or teams that share a Temporal namespace each have a prefix of their own. */
export const defaultTaskQueuePrefix = 'sluice';

/** What a prefix may be, for the worker's settings and the client's. */
export const taskQueuePrefixPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function taskQueuesOf(prefix: string): TaskQueues {
  return { release: `${prefix}-release`, undo: `${prefix}-undo` };
}

/** A workflow is told nothing of the environment, but knows the release queue it runs on. */
export function undoTaskQueueBeside(releaseTaskQueue: string): string {
  return taskQueuesOf(releaseTaskQueue.replace(/-release$/, '')).undo;
}

/** The queues when nobody has named a prefix. */
export const { release: releaseTaskQueue, undo: undoTaskQueue } = taskQueuesOf(defaultTaskQueuePrefix);

/** Types of the workflows that are started by name. */
export const laneWorkflowType = 'lane';
export const reaperWorkflowType = 'reaper';

/** Signal of a backfill to the run of its release. */
export const progressSignalName = 'progress';

/** One schedule for all workers of a prefix. */
export const reaperScheduleId = (taskQueuePrefix: string): string => `${taskQueuePrefix}-reaper`;
