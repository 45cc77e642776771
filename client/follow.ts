import { setTimeout as sleep } from 'node:timers/promises';
import type { ReleaseRef } from '../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../domain/release-state.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { type ProgressLine, progressBetween } from './progress.js';
import { type ReleaseRun, findRun } from './release-run.js';

export interface FollowOptions {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly onLine: (line: ProgressLine) => void;
  /** Stops the following, not the release. */
  readonly detach: AbortSignal;
  /** A run of an earlier attempt, which says nothing about this one. */
  readonly ignoredRunId?: string;
  /** Ends as soon as the release waits as `needs-operator`; without it, goes on until somebody has answered. */
  readonly stopAtOperator: boolean;
  /** Whether the release still waits in its lane; asked while there is no run of it. */
  readonly isQueued: () => Promise<boolean>;
}

export type FollowEnd = { readonly workflowId?: string; readonly status?: ReleaseStatus } & (
  | { readonly kind: 'ended'; readonly result: ReleaseResult }
  | { readonly kind: 'needs-operator' }
  | { readonly kind: 'detached' }
  /** There is no run, and the lane does not know of one. */
  | { readonly kind: 'gone' }
);

const pollMs = 1_000;
/** How long Temporal may be away, or a broken run without its recovery, before the following gives up. */
const patienceMs = 120_000;

/** Polls a release and tells what changes, until it has ended. */
export async function follow(options: FollowOptions): Promise<FollowEnd> {
  const { detach, onLine } = options;
  const tell = once((text) => onLine({ at: Date.now(), text }));
  let status: ReleaseStatus | undefined;
  let workflowId: string | undefined;
  let troubledSince: number | undefined;

  while (!detach.aborted) {
    try {
      const run = await lookAt(options);
      if (run.state !== 'absent') workflowId = run.workflowId;
      if (run.state === 'broken') {
        tell(`the run ${run.how}; waiting for its recovery`);
        troubledSince ??= Date.now();
        if (Date.now() - troubledSince > patienceMs) throw brokenRun(run);
      } else {
        troubledSince = undefined;
      }
      if (run.state === 'ended')
        return { kind: 'ended', result: run.result, workflowId: run.workflowId, ...statusOf() };
      if (run.state === 'silent') tell('no worker answers; the release goes on when one is back');
      if (run.state === 'absent') {
        if (!(await options.isQueued())) return { kind: 'gone' };
        tell('queued: another release is in the lane');
      }
      if (run.state === 'running') {
        tell(undefined);
        for (const line of progressBetween(status, run.status, Date.now())) onLine(line);
        status = run.status;
        if (options.stopAtOperator && status.phase === 'needs-operator') {
          return { kind: 'needs-operator', workflowId: run.workflowId, status };
        }
      }
    } catch (error) {
      if (!(error instanceof ClientError) || error.exit !== 'unreachable') throw error;
      tell(error.message);
      troubledSince ??= Date.now();
      if (Date.now() - troubledSince > patienceMs) throw error;
    }
    await sleep(pollMs, undefined, { signal: detach }).catch(() => {});
  }
  return { kind: 'detached', ...(workflowId === undefined ? {} : { workflowId }), ...statusOf() };

  function statusOf() {
    return status === undefined ? {} : { status };
  }
}

async function lookAt({ temporal, release, ignoredRunId }: FollowOptions): Promise<ReleaseRun> {
  const run = await findRun(temporal, release);
  return run.state !== 'absent' && run.runId === ignoredRunId ? { state: 'absent' } : run;
}

function brokenRun(run: Extract<ReleaseRun, { state: 'broken' }>): ClientError {
  return new ClientError({
    exit: 'failure',
    message: `${run.workflowId} ${run.how}, and no recovery has taken over`,
    remedy: 'See that a worker and the lane of the release run; recovery starts from the ledger.',
  });
}

/** Says a thing when it begins, not every second. */
function once(say: (text: string) => void): (text: string | undefined) => void {
  let last: string | undefined;
  return (text) => {
    if (text !== undefined && text !== last) say(text);
    last = text;
  };
}
