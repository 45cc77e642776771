import {
  QueryNotRegisteredError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { type ReleaseRef, recoveryWorkflowId, releaseWorkflowId } from '../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../domain/release-state.js';
import { statusQuery } from '../workflows/messages.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { type Pending, pendingOf } from './pending.js';
import type { Recorded } from './reports.js';

/** Where a release is right now, in its own run or in the recovery that took over from it. */
export type ReleaseRun =
  | { readonly state: 'absent' }
  | (Run & {
      readonly state: 'running';
      readonly status: ReleaseStatus;
      readonly recorded: Recorded;
      readonly pending: readonly Pending[];
    })
  /** It runs, but no worker answered: what it last wrote down. */
  | (Run & { readonly state: 'silent'; readonly recorded: Recorded; readonly pending: readonly Pending[] })
  /** `status` is its last word, where a worker could be asked for it. */
  | (Run & {
      readonly state: 'ended';
      readonly result: ReleaseResult;
      readonly status?: ReleaseStatus;
      readonly recorded: Recorded;
    })
  /** It ended without a result, and no recovery has taken over yet. */
  | (Run & { readonly state: 'broken'; readonly how: string; readonly recorded: Recorded });

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

const queryTimeoutMs = 3_000;

export async function findRun(temporal: Temporal, release: ReleaseRef): Promise<ReleaseRun> {
  const own = await describe(temporal, releaseWorkflowId(release.lane, release.version));
  const ownRun = own === undefined ? undefined : await readRun(temporal, own);
  if (ownRun !== undefined && ownRun.state !== 'broken') return ownRun;
  const recovery = await describe(temporal, recoveryWorkflowId(release.lane, release.version));
  // A recovery older than the run belongs to an earlier attempt.
  const current = recovery !== undefined && (own === undefined || recovery.startTime >= own.startTime);
  return current ? await readRun(temporal, recovery) : (ownRun ?? { state: 'absent' });
}

/** `undefined` when there is no such run. */
export async function describe(
  temporal: Temporal,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const handle = temporal.client.workflow.getHandle(workflowId);
    return await temporal.call({ what: `look for ${workflowId}` }, () => handle.describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export function recordedOf(
  description: Pick<WorkflowExecutionInfo, 'typedSearchAttributes' | 'startTime' | 'memo'>,
): Recorded {
  const searchAttributes = Object.fromEntries(
    description.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
  );
  return { startedAt: description.startTime.getTime(), searchAttributes, memo: description.memo ?? {} };
}

async function readRun(temporal: Temporal, description: WorkflowExecutionDescription): Promise<ReleaseRun> {
  const { workflowId, runId } = description;
  const run = { workflowId, runId, recorded: recordedOf(description) };
  switch (description.status.name) {
    case 'RUNNING':
    case 'PAUSED':
    case 'CONTINUED_AS_NEW': {
      const status = await askStatus(temporal, { workflowId, runId });
      const pending = pendingOf(description);
      return status === undefined
        ? { ...run, state: 'silent', pending }
        : { ...run, state: 'running', status, pending };
    }
    case 'COMPLETED': {
      const result = await readResult(temporal, { workflowId, runId });
      const status = await askStatus(temporal, { workflowId, runId });
      return { ...run, state: 'ended', result, ...(status === undefined ? {} : { status }) };
    }
    case 'FAILED':
      return { ...run, state: 'broken', how: `failed: ${await readFailure(temporal, { workflowId, runId })}` };
    case 'CANCELLED':
      return { ...run, state: 'broken', how: 'was cancelled' };
    case 'TERMINATED':
      return { ...run, state: 'broken', how: 'was terminated' };
    case 'TIMED_OUT':
      return { ...run, state: 'broken', how: 'timed out' };
    case 'UNSPECIFIED':
    case 'UNKNOWN':
      throw new ClientError({
        exit: 'failure',
        message: `expected ${workflowId} to run or to have ended, found the status ${description.status.name}`,
        remedy: 'Use a version of sluice that knows this version of Temporal.',
      });
  }
}

/** `undefined` when no worker answers in time. */
export async function askStatus(temporal: Temporal, { workflowId, runId }: Run): Promise<ReleaseStatus | undefined> {
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  try {
    return await temporal.call({ what: `ask ${workflowId} for its status`, timeoutMs: queryTimeoutMs }, () =>
      handle.query(statusQuery),
    );
  } catch (error) {
    const unanswered =
      error instanceof ServiceError ||
      error instanceof QueryNotRegisteredError ||
      (error instanceof ClientError && error.exit === 'unreachable');
    if (unanswered) return undefined;
    throw error;
  }
}

function readResult(temporal: Temporal, { workflowId, runId }: Run): Promise<ReleaseResult> {
  const handle = temporal.client.workflow.getHandle(workflowId, runId, { followRuns: false });
  return temporal.call({ what: `read the result of ${workflowId}` }, () => handle.result() as Promise<ReleaseResult>);
}

async function readFailure(temporal: Temporal, run: Run): Promise<string> {
  try {
    await readResult(temporal, run);
    return 'without a reason';
  } catch (error) {
    if (error instanceof WorkflowFailedError) return rootMessage(error);
    throw error;
  }
}

/** The innermost cause: what stands around it only says that an activity or a workflow failed. */
export function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
