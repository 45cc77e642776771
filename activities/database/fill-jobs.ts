import { setTimeout as sleep } from 'node:timers/promises';
import { isReleaseError } from '../../domain/failure.js';
import { abortable } from './abortable.js';
import type { BackfillCursor } from './backfill-cursor.js';
import { lookEveryMs } from './backfill-brakes.js';
import { readNameBeside } from './fence.js';
import { type FillWork, runJob } from './fill-job.js';
import { tellNotice } from './notice.js';
import { inSessionBeside, type PhaseSession } from './phase-session.js';

/**
 * Works until all parts are done, at as many at once as somebody wants: the first job in the phase's own session, each other
 * one in a session beside it. When one fails, `failed` ends the others, and its error is thrown. One that gets no session is
 * done without for a while.
 */
export async function inJobs(work: FillWork, failed: AbortController): Promise<void> {
  const { effort, parts } = work;
  const { session } = work.fill;
  const sessions = createSessionsBeside(work);
  const running = new Set<number>();
  let wake = () => {};

  const run = async (job: number, part: BackfillCursor) => {
    const isWanted = () => job < effort.jobs();
    if (job === 0) return runJob(work, { session, isWanted }, part);
    if (!(await sessions.lend((lent) => runJob(work, { session: lent, isWanted }, part)))) parts.giveBack(part);
  };
  const start = (job: number, part: BackfillCursor) => {
    running.add(job);
    void run(job, part)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => {
        running.delete(job);
        wake();
      });
  };

  while (running.size > 0 || (parts.areWaiting() && !failed.signal.aborted)) {
    for (let job = 0; job < effort.jobs() && !failed.signal.aborted; job++) {
      if (running.has(job) || (job > 0 && !sessions.mayBeAsked())) continue;
      const part = parts.take();
      if (part !== undefined) start(job, part);
    }
    // Somebody may want more of them meanwhile.
    const ended = new Promise<void>((resolve) => (wake = resolve));
    await Promise.race([ended, sleep(lookEveryMs, undefined, { ref: false })]);
  }
  failed.signal.throwIfAborted();
}

/** Of a server that may have none left: then one is asked for at a time, and more and more seldom. */
function createSessionsBeside({ fill }: FillWork) {
  const { session, settings, id } = fill;
  const { script: file } = id.script;
  let refusal: string | undefined;
  let retryMs = 10_000;
  let notBefore = -Infinity;
  const refused = (message: string) => {
    if (message !== refusal) tellNotice(session, file, `works with fewer jobs for now: ${message}`);
    refusal = message;
    if (performance.now() < notBefore) return;
    notBefore = performance.now() + retryMs;
    retryMs = Math.min(300_000, retryMs * 2);
  };
  return {
    mayBeAsked: () => refusal === undefined || performance.now() >= notBefore,
    /** Answers with false when there is none; throws what `work` fails with. */
    async lend(work: (lent: PhaseSession) => Promise<void>): Promise<boolean> {
      const wasRefused = refusal !== undefined;
      if (wasRefused) notBefore = performance.now() + retryMs;
      const name = await abortable(() => readNameBeside(session.watcher, session.claimant), session.run.signal);
      let isLent = false;
      try {
        await inSessionBeside(session, name, async (lent) => {
          isLent = true;
          if (wasRefused) [refusal, retryMs] = [undefined, 10_000];
          if (settings !== undefined) await lent.connection.query(settings);
          await work(lent);
        });
        return true;
      } catch (error) {
        session.run.signal.throwIfAborted();
        if (isLent || !isReleaseError(error)) throw error;
        refused(error.message);
        return false;
      }
    },
  };
}
