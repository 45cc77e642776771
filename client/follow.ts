import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseRef } from '../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../domain/release-state.js';
import { goesAlong } from './activity-words.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { type Pending, describePending } from './pending.js';
import { type ProgressLine, progressBetween } from './progress.js';
import { type ReleaseStand, findRelease, turnText } from './find-release.js';
import type { ReleaseRun } from './release-run.js';

export interface FollowOptions {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly onLine: (line: ProgressLine) => void;
  readonly onStand: (status: ReleaseStatus, pending: readonly Pending[]) => void;
  /** Stops the following, not the release. */
  readonly detach: AbortSignal;
  /** A run of an earlier attempt, which says nothing about this one. */
  readonly ignoredRunId?: string;
  /** Ends as soon as the release waits as `needs-operator`; without it, goes on until somebody has answered. */
  readonly stopAtOperator: boolean;
}

export type FollowEnd = { readonly workflowId?: string; readonly status?: ReleaseStatus } & (
  | { readonly kind: 'ended'; readonly result: ReleaseResult }
  | { readonly kind: 'needs-operator' }
  | { readonly kind: 'detached' }
  /** There is no run, and the lane does not know of one; `waited`: it did before. */
  | { readonly kind: 'gone'; readonly waited: boolean }
);

const pollMs = 1_000;
/** From when on a wait is told; most end before. */
const lastingMs = 10_000;
/** How long Temporal may be away, or a broken run without its recovery, before the following gives up. */
const patienceMs = 120_000;

/** Polls a release and tells what changes, until it has ended. */
export async function follow(options: FollowOptions): Promise<FollowEnd> {
  const { detach, onLine } = options;
  const tell = once((text) => onLine({ at: Date.now(), text }));
  const tellPending = lasting((text) => onLine({ at: Date.now(), text }));
  const trouble = patience();
  let seen: Pick<FollowEnd, 'workflowId' | 'status'> = {};
  let waited = false;

  while (!detach.aborted) {
    try {
      const end = look(await findRelease(options.temporal, options.release, options.ignoredRunId));
      if (end !== undefined) return { ...seen, ...end };
    } catch (error) {
      if (!(error instanceof ClientError) || error.exit !== 'unreachable') throw error;
      tell(error.message);
      if (trouble.isOver()) throw error;
    }
    await sleep(pollMs, undefined, { signal: detach }).catch(() => {});
  }
  return { ...seen, kind: 'detached' };

  function look(run: ReleaseStand): FollowEnd | undefined {
    if (run.state !== 'broken') trouble.pass();
    if ('workflowId' in run) seen = { ...seen, workflowId: run.workflowId };
    switch (run.state) {
      case 'absent':
        return { kind: 'gone', waited };
      case 'queued':
        waited = true;
        tell(`queued: ${run.behind.length === 0 ? '' : 'waits for its turn in the lane, '}${turnText(run.behind)}`);
        return undefined;
      case 'unanswered':
        if (run.run.state === 'ended') return look(run.run);
        tell('no worker says whether it waits in its lane');
        return undefined;
      case 'silent':
        tell('no worker answers; the release goes on when one is back');
        return undefined;
      case 'broken':
        tell(`the run ${run.how}; waiting for its recovery`);
        if (trouble.isOver()) throw brokenRun(run);
        return undefined;
      case 'running':
        tell(undefined);
        show(run.status);
        for (const pending of run.pending) tellPending(pending);
        options.onStand(run.status, run.pending);
        return options.stopAtOperator && run.status.phase === 'needs-operator' ? { kind: 'needs-operator' } : undefined;
      case 'ended':
        if (run.status !== undefined) show(run.status);
        return { kind: 'ended', result: run.result };
    }
  }

  function show(status: ReleaseStatus): void {
    for (const line of progressBetween(seen.status, status, Date.now())) onLine(line);
    seen = { ...seen, status };
  }
}

function brokenRun(run: Extract<ReleaseRun, { state: 'broken' }>): ClientError {
  return new ClientError({
    exit: 'failure',
    message: `${run.workflowId} ${run.how}, and no recovery has taken over`,
    remedy: 'See that a worker and the lane of the release run; recovery starts from the ledger.',
  });
}

/** Says what is on and does not come to an end; again when it says something new, which other numbers are not. */
function lasting(say: (text: string) => void): (pending: Pending) => void {
  const said = new Map<string, string>();
  return (pending) => {
    const { activity, since, attempt } = pending;
    if (attempt === 1 && (goesAlong(activity) || Date.now() - since < lastingMs)) return;
    const text = describePending(pending);
    const gist = text.replaceAll(/\d+/g, '#');
    if (said.get(activity) === gist) return;
    said.set(activity, gist);
    say(`${attempt > 1 ? 'retries' : 'still at'} ${text}`);
  };
}

/** Says a thing when it begins, not every second. */
function once(say: (text: string) => void): (text: string | undefined) => void {
  let last: string | undefined;
  return (text) => {
    if (text !== undefined && text !== last) say(text);
    last = text;
  };
}

/** Measures how long something has been wrong without a break. */
function patience() {
  let since: number | undefined;
  return {
    pass: () => (since = undefined),
    isOver: () => Date.now() - (since ??= Date.now()) > patienceMs,
  };
}
