import { proxyActivities, sleep } from '@temporalio/workflow';
import { releaseTaskQueue } from '../domain/wire-names.js';

export * from '../workflows/index.js';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({
  taskQueue: releaseTaskQueue,
  startToCloseTimeout: '20s',
  heartbeatTimeout: '5s',
});

/** The peer: as many activities and timers, one after the other, and nothing else. */
export async function nothingButActivities({
  activities,
  timers,
}: {
  activities: number;
  timers: number;
}): Promise<void> {
  for (let i = 0; i < activities; i++) {
    await nothing();
    if (i < timers) await sleep(1);
  }
}
