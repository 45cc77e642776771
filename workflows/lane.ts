import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  allHandlersFinished,
  condition,
  continueAsNew,
  executeChild,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type Lane, type ReleaseRef, laneName, recoveryWorkflowId, releaseWorkflowId } from '../domain/lane.js';
import type { Failure } from '../domain/failure.js';
import type { ReleaseResult } from '../domain/release-state.js';
import { laneAttributes } from '../domain/search-attributes.js';
import { books, watches } from './activity-proxies.js';
import { keyword } from './audit.js';
import { toFailure } from './failure.js';
import { type LaneStatus, laneStatusQuery, submitUpdate, withdrawUpdate } from './messages.js';
import { recover } from './recover.js';
import { release } from './release.js';

export interface LaneInput {
  readonly lane: Lane;
}

/**
 * Runs the lane's releases one at a time, in the order they came, and looks after each until it is in a final state.
 * It runs while there is work and ends when there is none: the queue is the ledger's, so nothing is lost with a run,
 * and the history stays short.
 */
export async function lane(input: LaneInput): Promise<void> {
  let submissions = 0;
  let status: LaneStatus = { lane: input.lane, queued: [] };
  const show = (change: Partial<LaneStatus>): void => {
    status = { ...status, ...change };
    setCurrentDetails(
      `## lane ${laneName(input.lane)}\n\nrunning: ${status.running ?? 'nothing'}\n\nqueued: ${status.queued.join(', ') || 'nothing'}`,
    );
  };

  setHandler(laneStatusQuery, () => status);
  setHandler(submitUpdate, async (submission) => {
    submissions++;
    try {
      const answer = await books.registerRelease(submission);
      if (answer.state === 'queued' && !status.queued.includes(answer.version)) {
        show({ queued: [...status.queued, answer.version] });
      }
      return answer;
    } catch (error) {
      throw asRefusal(error);
    }
  });

  setHandler(withdrawUpdate, async ({ version, actor, reason }) => {
    const failure: Failure = { code: 'aborted', message: `withdrawn by ${actor}: ${reason}` };
    const withdrawn = await books
      .withdrawRelease({ release: { lane: input.lane, version }, failure })
      .catch((error: unknown) => {
        throw asRefusal(error);
      });
    if (withdrawn) show({ queued: status.queued.filter((queued) => queued !== version) });
    return { withdrawn };
  });

  let supervised: string | undefined;
  for (;;) {
    await condition(allHandlersFinished);
    // The queue is the ledger's, so a lane that is never idle takes nothing along.
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof lane>(input);
    const seen = submissions;
    const open = await books.openReleases(input.lane);
    const [next, ...queued] = open;
    if (next === undefined) {
      if (submissions === seen) return;
      continue;
    }
    show({ running: next.version, queued: queued.map(({ version }) => version) });
    // Its run has ended and the ledger does not know: looking after it again would only turn in a circle.
    if (next.version === supervised && next.state === 'running') await settleRelease(next);
    else await superviseRelease(next, next.state === 'queued');
    supervised = next.version;
    show({ running: undefined });
  }
}

/** Only an ApplicationFailure refuses an update; any other error would wedge the run. */
function asRefusal(error: unknown): ApplicationFailure {
  const failure = toFailure(error);
  return ApplicationFailure.nonRetryable(failure.message, failure.code);
}

/** Workers of before do not say who it was. */
interface Submitted extends ReleaseRef {
  readonly actor?: string;
}

/** Starts the release, or follows the run that is there already; a run that was lost is recovered from the ledger. */
async function superviseRelease(ref: Submitted, startIt: boolean): Promise<void> {
  const lost = startIt ? await runRelease(ref) : await follow(releaseWorkflowId(ref.lane, ref.version));
  if (lost !== undefined) await recoverRelease(ref, lost);
}

/**
 * A ledger that was restored from before the end holds a release as open. What its run has proven is written down
 * again: taking a version back that has long been live, from a ledger that misses its last effects, would be the harm.
 */
async function settleRelease(ref: ReleaseRef): Promise<void> {
  const followed = await watches.followRun(releaseWorkflowId(ref.lane, ref.version));
  if (followed.kind === 'ended') await books.endRelease(followed.result);
  else await recoverRelease(ref, followed.reason);
}

async function runRelease(ref: Submitted): Promise<string | undefined> {
  const workflowId = releaseWorkflowId(ref.lane, ref.version);
  return runOrFollow(workflowId, () =>
    executeChild(release, {
      workflowId,
      args: [{ release: toRef(ref), actor: ref.actor }],
      ...childOptions(
        ref,
        `${ref.lane.service} ${ref.version} into ${ref.lane.environment}, submitted by ${ref.actor ?? 'somebody'}`,
      ),
    }),
  );
}

async function recoverRelease(ref: ReleaseRef, reason: string): Promise<void> {
  const workflowId = recoveryWorkflowId(ref.lane, ref.version);
  const lost = await runOrFollow(workflowId, () =>
    executeChild(recover, {
      workflowId,
      args: [{ release: toRef(ref), reason }],
      ...childOptions(ref, 'takes a lost release to a proven state'),
    }),
  );
  // Not again from here: whoever ends recoveries by hand would only be fought. The reaper comes back to it.
  if (lost !== undefined) throw ApplicationFailure.nonRetryable(`the recovery was lost: ${lost}`, 'internal');
}

/** Answers with why the run was lost, or nothing when it came to its own end. */
async function runOrFollow(workflowId: string, runChild: () => Promise<ReleaseResult>): Promise<string | undefined> {
  try {
    await runChild();
    return undefined;
  } catch (error) {
    // An earlier run of this lane has started it.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return follow(workflowId);
    // The lane was cancelled, its release was not: nothing is lost.
    if (CancellationScope.current().consideredCancelled) throw error;
    return toFailure(error).message;
  }
}

async function follow(workflowId: string): Promise<string | undefined> {
  const followed = await watches.followRun(workflowId);
  return followed.kind === 'ended' ? undefined : followed.reason;
}

function toRef({ lane: { environment, service }, version }: ReleaseRef): ReleaseRef {
  return { lane: { environment, service }, version };
}

/** A release outlives its lane's run: a terminated lane must not take a release down in the middle. */
function childOptions(ref: ReleaseRef, staticSummary: string) {
  return {
    staticSummary,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    typedSearchAttributes: [
      ...laneAttributes(ref.lane).map(([name, value]) => keyword(name, value)),
      keyword('SluiceVersion', ref.version),
    ],
  };
}
