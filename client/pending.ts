import type { WorkflowExecutionDescription } from '@temporalio/client';
import { arrayFromPayloads, defaultPayloadConverter } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { activityWords } from './activity-words.js';

/** What a run has ordered and not got an answer to. Temporal itself knows it, with every worker down. */
export interface Pending {
  /** `awaitRetired` */
  readonly activity: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** From 1. */
  readonly attempt: number;
  /** What it is at, in its own words. */
  readonly detail?: string;
  /** Why the attempt before this one failed: `aws-throttled: …`. */
  readonly lastFailure?: string;
}

export function pendingOf({ raw }: WorkflowExecutionDescription): readonly Pending[] {
  return (raw.pendingActivities ?? []).map((activity) => {
    const [progress] = arrayFromPayloads(defaultPayloadConverter, activity.heartbeatDetails?.payloads ?? []);
    const failed = failureText(activity.lastFailure);
    return {
      activity: activity.activityType?.name ?? '',
      since: optionalTsToMs(activity.scheduledTime) ?? optionalTsToMs(activity.lastStartedTime) ?? Date.now(),
      attempt: activity.attempt ?? 1,
      ...detailOf(progress),
      ...(failed === undefined ? {} : { lastFailure: failed }),
    };
  });
}

type LastFailure = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number]['lastFailure'];

/** `temporal.api.enums.v1.TimeoutType`; the two others end an activity, and are no attempt's. */
const timeouts: Readonly<Record<number, string>> = {
  1: 'it took longer than an attempt may',
  4: 'its worker was not heard of any more',
};

/** A failure with its code; a timeout in our words. */
function failureText(failure: LastFailure): string | undefined {
  const timeout = timeouts[failure?.timeoutFailureInfo?.timeoutType ?? 0];
  if (timeout !== undefined) return timeout;
  if (!failure?.message) return undefined;
  const code = failure.applicationFailureInfo?.type;
  return code ? `${code}: ${failure.message}` : failure.message;
}

/** Words alone, or with what the next attempt goes on from. */
function detailOf(progress: unknown): Pick<Pending, 'detail'> {
  const detail = typeof progress === 'object' && progress !== null && 'detail' in progress ? progress.detail : progress;
  return typeof detail === 'string' && detail !== '' ? { detail } : {};
}

/** `await retired: green still has tasks`, `shift, attempt 4: aws-throttled: …` */
export function describePending({ activity, attempt, detail, lastFailure }: Pending): string {
  const tried = attempt > 1 ? `, attempt ${attempt}` : '';
  const says = attempt > 1 ? (lastFailure ?? detail) : detail;
  return `${activityWords(activity)}${tried}${says === undefined ? '' : `: ${says}`}`;
}
