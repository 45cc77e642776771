import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import { type Failure, isFailureCode, isReleaseError, passingFailureCodes } from '../domain/failure.js';

/** Finds the failure code under Temporal's wrappers. What is nobody's code is `internal`: our own automation broke. */
export function toFailure(error: unknown): Failure {
  if (isCancellation(error)) return { code: 'aborted', message: 'the run was cancelled; nobody said why' };
  if (isReleaseError(error)) return { code: error.code, message: error.message };
  const wrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  // An activity that was retried until its time was out: what the last attempt failed with is why.
  const cause = wrapped instanceof TimeoutFailure && wrapped.cause !== undefined ? wrapped.cause : wrapped;
  if (cause instanceof ApplicationFailure && isFailureCode(cause.type))
    return { code: cause.type, message: cause.message };
  return { code: 'internal', message: cause instanceof Error ? cause.message : String(cause) };
}

/** An activity whose time was out without any attempt of it having said why: every worker was down, or died at it. */
export function nobodyLooked(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return false;
  return !(error.cause.cause instanceof ApplicationFailure);
}

/** An activity that did not say how it ended: what it was to do may be done. */
export function mayHaveRun(error: unknown): boolean {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure;
}

/** What may be over without anybody doing anything; it has been tried for as long as it was worth. */
export function mayPass(error: unknown): boolean {
  const { code } = toFailure(error);
  return passingFailureCodes.some((passing) => passing === code);
}
