import { randomUUID } from 'node:crypto';
import {
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  SearchAttributeType,
  TypedSearchAttributes,
  defineSearchAttributeKey,
} from '@temporalio/common';
import { isFailureCode } from '../domain/failure.js';
import { type Lane, laneName, laneWorkflowId } from '../domain/lane.js';
import { laneAttributes, laneSummary } from '../domain/search-attributes.js';
import { type SubmitAnswer, type Submission, laneWorkflowType, submitUpdate } from '../workflows/messages.js';
import { ClientError, refusal } from './client-error.js';
import { type Temporal, grpcCodeOf } from './connection.js';
import type { ManifestFile } from './manifest-file.js';
import { rootMessage } from './release-run.js';
import { print } from './run.js';
import { refuseForeignLane, releaseTaskQueue } from './task-queue.js';
import { expectWorker } from './worker-presence.js';

const answerTimeoutMs = 60_000;
/** A lane answers within a second, unless what it asks is away. */
const silenceMs = 5_000;
const mayBeAway = 'its worker, or the ledger that the worker asks, may be away';
const attempts = 3;
const invalidArgument = 3;

/** Hands a release to its lane, which is started when it is not there yet. Safe to repeat: it attaches. */
export async function submit(
  temporal: Temporal,
  file: ManifestFile,
  said: Pick<Submission, 'actor' | 'requestId'>,
): Promise<SubmitAnswer> {
  await expectWorker(temporal);
  const { lane } = file.request;
  await refuseForeignLane(temporal, lane);
  const { manifest, migrations, operations } = file;
  const content = { manifest, migrations, ...(operations === undefined ? {} : { operations }) };
  const submission: Submission = { lane, ...content, ...said };
  // Temporal answers an update id from its memory for as long as the lane runs; only the ledger knows what is true now.
  const updateId = `submit/${file.request.version}/${randomUUID()}`;
  const silence = setTimeout(
    () => print(2, `the lane ${laneName(lane)} has not answered yet: ${mayBeAway}`),
    silenceMs,
  );
  const answer = await send({ temporal, submission, updateId }, attempts).finally(() => clearTimeout(silence));
  if (answer.manifestHash === file.hash) return answer;
  throw refusal(
    'release-changed',
    `expected ${answer.releaseId} to have been admitted from this manifest (${file.hash}), found it admitted from another (${answer.manifestHash})`,
  );
}

interface Sending {
  readonly temporal: Temporal;
  readonly submission: Submission;
  readonly updateId: string;
}

async function send(sending: Sending, attemptsLeft: number): Promise<SubmitAnswer> {
  const { temporal, submission, updateId } = sending;
  try {
    return await temporal.call({ what: 'submit the release', timeoutMs: answerTimeoutMs }, () =>
      temporal.client.workflow.executeUpdateWithStart(submitUpdate, {
        updateId,
        args: [submission],
        startWorkflowOperation: laneStart(submission.lane),
      }),
    );
  } catch (error) {
    if (attemptsLeft > 1 && isBetweenRuns(error)) return send(sending, attemptsLeft - 1);
    throw explain(error, temporal);
  }
}

function laneStart(lane: Lane) {
  return new WithStartWorkflowOperation(laneWorkflowType, {
    workflowId: laneWorkflowId(lane),
    taskQueue: releaseTaskQueue(),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    args: [{ lane }],
    typedSearchAttributes: new TypedSearchAttributes(
      laneAttributes(lane).map(([name, value]) => ({
        key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
        value,
      })),
    ),
    staticSummary: laneSummary(lane),
  });
}

/** The lane was just continuing as a new run, or just ended: the next one takes the update. */
function isBetweenRuns(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  return failureOf(error)?.type === 'AcceptedUpdateCompletedWorkflow';
}

function explain(error: unknown, temporal: Temporal): unknown {
  const failure = failureOf(error);
  if (isFailureCode(failure?.type)) return refusal(failure.type, failure.message);
  if (error instanceof WorkflowUpdateFailedError) {
    return new ClientError({
      exit: 'failure',
      message: `the lane could not take the release: ${rootMessage(error)}`,
      remedy: 'Look at the lane’s run in Temporal and at the log of the worker; the same command can be repeated.',
      cause: error,
    });
  }
  if (error instanceof ClientError && error.exit === 'unreachable') {
    const silent = error.cause instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
    const message = silent
      ? `the lane did not answer in ${answerTimeoutMs / 1_000} s, though Temporal at ${temporal.where} does: ${mayBeAway}`
      : error.message;
    return new ClientError({
      exit: 'unreachable',
      message: `${message}; whether the release was taken is not known`,
      remedy: `${silent ? 'See that the worker runs and reaches its ledger (its log says)' : 'See that Temporal runs'}, then run the same command again: it attaches to what is there and never starts twice.`,
      cause: error,
    });
  }
  if (grpcCodeOf(error) === invalidArgument && error instanceof Error) {
    return new ClientError({
      exit: 'failure',
      message: `Temporal at ${temporal.where} does not take the lane: ${rootMessage(error)}`,
      remedy: 'If search attributes are missing, register the Sluice… ones as keywords in the namespace.',
      cause: error,
    });
  }
  return error;
}

function failureOf(error: unknown): ApplicationFailure | undefined {
  return error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure
    ? error.cause
    : undefined;
}
