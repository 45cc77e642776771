import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { latestProgress } from '../activities/progress.js';
import { type ReleaseError, failures, isReleaseError } from '../domain/failure.js';

/** Often enough for the heartbeat timeout of five seconds; Temporal's client thins it out by itself. */
const heartbeatMs = 1_000;

/**
 * Around every activity: heartbeats, so that a dead worker is noticed in seconds and cancellation arrives, and turns
 * our failures into Temporal's, so that the failure table alone decides what is retried.
 */
export const activityInterceptor: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const timer = setInterval(() => beat(context), heartbeatMs);
      try {
        return await next(input);
      } catch (error) {
        if (!isReleaseError(error)) throw error;
        throw toApplicationFailure(error);
      } finally {
        clearInterval(timer);
      }
    },
  },
});

/** Without what caused it, which Temporal would keep in full: a database's own words may quote a customer's data. */
function toApplicationFailure({ code, message, stack }: ReleaseError): ApplicationFailure {
  const failure = ApplicationFailure.create({ type: code, message, nonRetryable: !failures[code].retryable });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

function beat(context: Context): void {
  context.heartbeat(latestProgress(context));
}
