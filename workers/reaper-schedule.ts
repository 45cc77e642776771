import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { reaperScheduleId, reaperWorkflowType, taskQueuesOf } from '../domain/wire-names.js';

export interface ReaperOptions {
  readonly taskQueuePrefix: string;
  readonly intervalMs: number;
}

export interface ReaperFound {
  /** Milliseconds; 0 when it runs at no interval. */
  readonly every: number;
  readonly paused: boolean;
}

/** `undefined` when there is no such schedule. */
export async function readReaper(client: Client, taskQueuePrefix: string): Promise<ReaperFound | undefined> {
  try {
    const { spec, state } = await client.schedule.getHandle(reaperScheduleId(taskQueuePrefix)).describe();
    return { every: spec.intervals?.[0]?.every ?? 0, paused: state.paused };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/**
 * The schedule that looks for lost releases; one for all workers of a prefix, brought to this worker's interval. One that
 * is there at that interval is only read: a worker that may not write schedules starts all the same.
 */
export async function ensureReaper(client: Client, { taskQueuePrefix, intervalMs }: ReaperOptions): Promise<void> {
  const found = await readReaper(client, taskQueuePrefix);
  if (found?.every === intervalMs) return;
  const scheduleId = reaperScheduleId(taskQueuePrefix);
  const spec = { intervals: [{ every: intervalMs }] };
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
      action: {
        type: 'startWorkflow',
        workflowType: reaperWorkflowType,
        taskQueue: taskQueuesOf(taskQueuePrefix).release,
        workflowId: scheduleId,
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ ...schedule }) => ({ ...schedule, spec }));
  }
}
