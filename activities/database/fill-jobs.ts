import { setTimeout as sleep } from 'node:timers/promises';
import { isReleaseError } from '../../domain/failure.js';
import type { BackfillCursor } from './backfill-cursor.js';
import { lookEveryMs } from './backfill-brakes.js';
import { type FillWork, runJob } from './fill-job.js';
import { inSessionBeside } from './phase-session.js';

/**
 * Works until all parts are done, at as many at once as somebody wants: the first job in the phase's own session, each other
 * one in a session beside it. When one fails, `failed` ends the others, and its error is thrown. One that gets no session is
 * done without for a while.
 */
export async function inJobs(work: FillWork, failed: AbortController): Promise<void> {
  const { effort, parts } = work;
  const running = new Set<number>();
  let wake = () => {};
  let notBefore = -Infinity;

  const run = async (job: number, part: BackfillCursor) => {
    const isWanted = () => job < effort.jobs();
    if (job === 0) return runJob(work, { session: work.fill.session, isWanted }, part);
    const refusal = await runBeside(work, isWanted, part);
    if (refusal === undefined) return;
    parts.giveBack(part);
    notBefore = performance.now() + retryMs;
    tell(work, `works with fewer jobs for now: ${refusal}`);
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
      const part = running.has(job) || (job > 0 && performance.now() < notBefore) ? undefined : parts.take();
      if (part !== undefined) start(job, part);
    }
    // Somebody may want more of them meanwhile.
    const ended = new Promise<void>((resolve) => (wake = resolve));
    await Promise.race([ended, sleep(lookEveryMs, undefined, { ref: false })]);
  }
  failed.signal.throwIfAborted();
}

const retryMs = 10_000;

/** Answers with why there is no session for it; throws what it fails with when there is. */
async function runBeside(work: FillWork, isWanted: () => boolean, part: BackfillCursor): Promise<string | undefined> {
  const { session, settings } = work.fill;
  let begun = false;
  try {
    await inSessionBeside(session, async (beside) => {
      begun = true;
      if (settings !== undefined) await beside.connection.query(settings);
      await runJob(work, { session: beside, isWanted }, part);
    });
    return undefined;
  } catch (error) {
    if (begun || !isReleaseError(error)) throw error;
    return error.message;
  }
}

function tell({ fill }: FillWork, detail: string): void {
  const { session, id } = fill;
  const { script: file } = id.script;
  session.log(`${file}: ${detail}`);
  session.run.onProgress({ file, detail, isNotice: true });
}
