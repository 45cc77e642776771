import { setTimeout as sleep } from 'node:timers/promises';
import { failures, isFailureCode } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { LogEvent } from '../domain/log.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { readLog } from './release-log.js';
import { findRun } from './release-run.js';
import type { LogReport } from './reports.js';

const pollMs = 1_000;
/** Each look into the ledger is a run in Temporal, so without news from the release it is not asked every second. */
const ledgerMs = 30_000;
/** How long Temporal, its workers or the ledger may be away before the following gives up. */
const patienceMs = 120_000;

/** Reads the log again and again and tells each event once, until the release has ended or `detach` says so. */
export async function followLog(follow: {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly onEvent: (event: LogEvent) => void;
  readonly detach: AbortSignal;
}): Promise<LogReport> {
  const { temporal, release, onEvent, detach } = follow;
  const told = new Set<string>();
  let reachedAt = Date.now();
  // Looked at before the log is read, so that what happens meanwhile is news.
  let seen = await look(temporal, release);
  let log = tell(await readWhole(temporal, release));
  while (log.state !== 'ended' && !detach.aborted) {
    try {
      seen = await untilNews(seen);
      log = tell(await readWhole(temporal, release));
      reachedAt = Date.now();
    } catch (error) {
      if (!mayPass(error) || Date.now() - reachedAt > patienceMs) throw error;
    }
  }
  return log;

  async function untilNews(before: string): Promise<string> {
    for (const giveUpAt = Date.now() + ledgerMs; ;) {
      await sleep(pollMs, undefined, { signal: detach }).catch(() => {});
      const now = await look(temporal, release);
      if (now !== before || detach.aborted || Date.now() > giveUpAt) return now;
    }
  }

  function tell(read: LogReport): LogReport {
    for (const event of read.events) {
      const key = JSON.stringify(event);
      if (!told.has(key)) onEvent(event);
      told.add(key);
    }
    return read;
  }
}

/** What the runs had to say was read before the end was seen: then once more. */
async function readWhole(temporal: Temporal, release: ReleaseRef): Promise<LogReport> {
  const log = await readLog(temporal, release);
  return log.state === 'ended' ? readLog(temporal, release) : log;
}

/** Changes when there may be something new in the log. */
async function look(temporal: Temporal, release: ReleaseRef): Promise<string> {
  const run = await findRun(temporal, release);
  if (run.state !== 'running') return JSON.stringify([run.state, run.state === 'absent' ? '' : run.runId]);
  const { steps, decisions } = run.status;
  return JSON.stringify([run.runId, steps, decisions, run.pending.map(({ activity }) => activity)]);
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  return error.exit === 'unreachable' || (isFailureCode(error.code) && failures[error.code].retryable);
}
