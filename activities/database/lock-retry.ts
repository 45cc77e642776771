import { setTimeout as sleep } from 'node:timers/promises';
import { isReleaseError, ReleaseError } from '../../domain/failure.js';
import { type Blocker, describeBlockers, readBlockers, stillBlocking } from './blockers.js';
import type { PhaseSession } from './phase-session.js';

/**
 * Runs a whole transaction again until it gets its locks: whoever queues behind us is held up for one `lock_timeout`
 * an attempt and for the session's share of any minute by all of them, and between attempts we stand in no queue. Throws
 * `database-locked`, naming the blockers, when patience is out.
 */
export async function withLockRetry<T>(session: PhaseSession, script: string, attempt: () => Promise<T>): Promise<T> {
  const { run, lockPatienceMs, lockTimeoutMs, stalls } = session;
  const start = performance.now();
  for (let attempts = 1; ; attempts++) {
    const watch = watchBlockers(session, script);
    const began = performance.now();
    try {
      return await attempt();
    } catch (error) {
      if (!isReleaseError(error) || error.code !== 'database-locked') throw error;
      const blockers = await watch.seen();
      stalls.spent(performance.now() - began);
      const waitedMs = performance.now() - start;
      const found = `${describeBlockers(blockers)} (${error.message})`;
      const left = lockPatienceMs - waitedMs;
      const stallMs = stalls.wait(lockTimeoutMs);
      if (left > 0) {
        run.onProgress({ file: script, detail: `waits for its locks (attempt ${attempts}), held by ${found}` });
        await keepWithin(session, script, Math.min(stallMs, left));
      }
      if (stallMs >= left) {
        const tried = `${attempts} attempts of at most ${lockTimeoutMs} ms in ${Math.round((performance.now() - start) / 1000)} s`;
        throw new ReleaseError(
          'database-locked',
          `${script}: expected to get its locks, found them held after ${tried} by ${found}`,
          {
            cause: error.cause,
          },
        );
      }
      await untilFree(session, blockers, Math.min(pauseMs(attempts), left - stallMs));
    } finally {
      watch.stop();
    }
  }
}

const pollMs = 50;

/** Only while a statement waits does the server know whom it waits for. What runs for long is reported meanwhile. */
function watchBlockers({ connection, watcher, lockTimeoutMs, run }: PhaseSession, script: string) {
  const stopped = new AbortController();
  const watching = (async () => {
    let last: readonly Blocker[] = [];
    const start = performance.now();
    let reports = 0;
    const between = Math.max(10, Math.floor(lockTimeoutMs / 3));
    while (await pause(between, stopped.signal)) {
      const now = await readBlockers(watcher, connection.pid).catch(() => []);
      if (now.length > 0) last = now;
      const seconds = Math.floor((performance.now() - start) / 1000);
      if (seconds > reports) {
        reports = seconds;
        run.onProgress({ file: script, detail: `runs for ${seconds} s` });
      }
    }
    return last;
  })();
  const stop = () => stopped.abort();
  const seen = () => {
    stop();
    return watching;
  };
  return { stop, seen };
}

async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return sleep(ms, true, { signal }).catch(() => false);
}

/** However free the way may be meanwhile. */
async function keepWithin({ run }: PhaseSession, script: string, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let left = ms; left > 0; left = end - performance.now()) {
    const seconds = Math.ceil(left / 1000);
    run.onProgress({ file: script, detail: `has held others up enough for this minute: tries again in ${seconds} s` });
    await sleep(Math.min(1_000, left), undefined, { signal: run.signal });
  }
}

/** 50 ms, 100 ms … 5 s, each spread by half, so that two who wait for each other do not meet again. */
function pauseMs(attempts: number): number {
  return Math.min(5_000, 50 * 2 ** (attempts - 1)) * (0.75 + Math.random() / 2);
}

/** Ends early when those who were in the way have ended their transactions. */
async function untilFree({ watcher, run }: PhaseSession, blockers: readonly Blocker[], ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await sleep(Math.min(pollMs, ms), undefined, { signal: run.signal });
    if (blockers.length > 0 && (await stillBlocking(watcher, blockers)).length === 0) return;
  }
}
