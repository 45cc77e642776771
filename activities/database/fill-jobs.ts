import { setTimeout as sleep } from 'node:timers/promises';
import { lookEveryMs } from './backfill-brakes.js';
import { type FillWork, runJob } from './fill-job.js';
import { inSessionBeside } from './phase-session.js';

/**
 * Works until all parts are done, at as many at once as somebody wants: the first job in the phase's own session, each other
 * one in a session beside it. When one fails, `failed` ends the others, and its error is thrown.
 */
export async function inJobs(work: FillWork, failed: AbortController): Promise<void> {
  const { fill, effort, parts } = work;
  const { session, settings } = fill;
  const running = new Map<number, Promise<void>>();
  const start = (job: number) => {
    const isWanted = () => job < effort.jobs();
    const done =
      job === 0
        ? runJob(work, { session, isWanted })
        : inSessionBeside(session, async (beside) => {
            if (settings !== undefined) await beside.connection.query(settings);
            await runJob(work, { session: beside, isWanted });
          });
    const ended = done.catch((error: unknown) => failed.abort(error)).finally(() => running.delete(job));
    running.set(job, ended);
  };
  while (!failed.signal.aborted && (running.size > 0 || parts.areWaiting())) {
    for (let job = 0; job < effort.jobs() && parts.areWaiting(); job++) {
      if (!running.has(job)) start(job);
    }
    // Somebody may want more of them meanwhile.
    await Promise.race([...running.values(), sleep(lookEveryMs, undefined, { ref: false })]);
  }
  await Promise.all(running.values());
  failed.signal.throwIfAborted();
}
