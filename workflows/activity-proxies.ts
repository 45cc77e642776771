import { ActivityCancellationType, type ActivityOptions, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { QuestionActivities, ReleaseActivities, UndoActivities } from '../activities/index.js';
import { finalFailureCodes } from '../domain/failure.js';
import { undoTaskQueueBeside } from '../domain/wire-names.js';

const nonRetryableErrorTypes = [...finalFailureCodes];

/** Every activity heartbeats once a second by itself, so a dead worker is noticed after this long. */
const heartbeatTimeout = '5s';

/**
 * One call to the ledger or the platform. 20 s hold two attempts of a 2 s call, its read-back, and waiting for the
 * ledger. Going back waits for it (it is fenced, but may be acting), which the crash-free case ends in milliseconds.
 */
const quickCall: ActivityOptions = {
  startToCloseTimeout: '20s',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '200ms',
    backoffCoefficient: 2,
    maximumInterval: '5s',
    maximumAttempts: 40,
    nonRetryableErrorTypes,
  },
};

/** Bookkeeping that must not be lost however long the ledger is away: no limit on attempts. */
const bookkeeping: ActivityOptions = {
  ...quickCall,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s', nonRetryableErrorTypes },
};

/** Reads only, for as long as it takes; left at once when the release goes back, and told so, so that it ends. */
const longWatch: ActivityOptions = {
  startToCloseTimeout: '24h',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '5s', nonRetryableErrorTypes },
};

/** DDL waits for locks and a backfill runs for hours; both heartbeat, and stop between statements when cancelled. */
const longMigration: ActivityOptions = {
  ...quickCall,
  startToCloseTimeout: '24h',
};

/** An undo may wait for tasks to start or to drain, or run DDL. A broken one is tried for about half a minute, then an operator is asked. */
const undoCall: ActivityOptions = {
  startToCloseTimeout: '24h',
  heartbeatTimeout,
  retry: {
    initialInterval: '200ms',
    backoffCoefficient: 2,
    maximumInterval: '5s',
    maximumAttempts: 12,
    nonRetryableErrorTypes,
  },
};

const undoBookkeeping: ActivityOptions = {
  ...undoCall,
  startToCloseTimeout: '20s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s', nonRetryableErrorTypes },
};

/** Somebody sits before the screen: what is not done within this time is told as it is. Ends before the question's run does. */
const answering: ActivityOptions = {
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '30s',
  heartbeatTimeout,
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumAttempts: 3, nonRetryableErrorTypes },
};

export const questions = proxyActivities<QuestionActivities>(answering);
export const tunings = proxyActivities<Pick<ReleaseActivities, 'tune'>>(answering);
export const effects =
  proxyActivities<Pick<ReleaseActivities, 'admit' | 'provision' | 'deploy' | 'shift' | 'retire'>>(quickCall);
export const migrations =
  proxyActivities<Pick<ReleaseActivities, 'migrate' | 'closeOld' | 'countReopened'>>(longMigration);
export const watches =
  proxyActivities<
    Pick<
      ReleaseActivities,
      | 'awaitRollout'
      | 'smoke'
      | 'watchRule'
      | 'measure'
      | 'awaitNoRequests'
      | 'awaitRetired'
      | 'awaitContractEvidence'
      | 'followRun'
    >
  >(longWatch);
export const books =
  proxyActivities<
    Pick<ReleaseActivities, 'registerRelease' | 'withdrawRelease' | 'openReleases' | 'endRelease' | 'wakeLanes'>
  >(bookkeeping);
export const undos = () =>
  proxyActivities<Pick<UndoActivities, 'undo' | 'proveWayBack' | 'skipContract' | 'skipSoftContract'>>({
    ...undoCall,
    taskQueue: undoTaskQueue(),
  });
export const undoBooks = () =>
  proxyActivities<Pick<UndoActivities, 'beginWayBack' | 'skipUndo' | 'endRelease'>>({
    ...undoBookkeeping,
    taskQueue: undoTaskQueue(),
  });

/** All others run on the queue of their workflow. */
function undoTaskQueue(): string {
  return undoTaskQueueBeside(workflowInfo().taskQueue);
}
