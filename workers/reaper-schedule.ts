import { type Client, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import { reaperWorkflowType, releaseTaskQueue } from '../domain/wire-names.js';

const scheduleId = 'sluice-reaper';

/** The schedule that looks for lost releases; one for all workers, brought to this worker's interval. */
export async function ensureReaper(client: Client, intervalMs: number): Promise<void> {
  const spec = { intervals: [{ every: intervalMs }] };
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
      action: {
        type: 'startWorkflow',
        workflowType: reaperWorkflowType,
        taskQueue: releaseTaskQueue,
        workflowId: 'reaper',
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ ...schedule }) => ({ ...schedule, spec }));
  }
}
