import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, isCancellation } from '@temporalio/workflow';
import { type Failure, isFailureCode, isReleaseError } from '../domain/failure.js';

/** Finds the failure code under Temporal's wrappers. What is nobody's code is `internal`: our own automation broke. */
export function toFailure(error: unknown): Failure {
  if (isCancellation(error)) return { code: 'aborted', message: 'the run was cancelled; nobody said why' };
  if (isReleaseError(error)) return { code: error.code, message: error.message };
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isFailureCode(cause.type))
    return { code: cause.type, message: cause.message };
  return { code: 'internal', message: cause instanceof Error ? cause.message : String(cause) };
}
