import { proxyActivities } from '@temporalio/workflow';
import type { MeasureQuery } from '../../activities/metrics/measure.js';
import type { Measurement } from '../../domain/verdict.js';

/** One attempt at an activity that waits until `toMs`, and ends at once when it is told that its worker stops. */
export function measuring(taskQueue: string, query: MeasureQuery): Promise<Measurement> {
  const { measure } = proxyActivities<{ measure(query: MeasureQuery): Promise<Measurement> }>({
    taskQueue,
    startToCloseTimeout: '1m',
    heartbeatTimeout: '10s',
    retry: { maximumAttempts: 1 },
  });
  return measure(query);
}
