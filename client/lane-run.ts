import { QueryNotRegisteredError, ServiceError } from '@temporalio/client';
import { type Lane, laneWorkflowId } from '../domain/lane.js';
import { type LaneStatus, laneStatusQuery } from '../workflows/messages.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { describe, recordedOf } from './release-run.js';
import type { Recorded } from './reports.js';

export type LaneRun =
  | { readonly state: 'absent' }
  /** Its run has come to its end, which it does when nothing runs or waits: no worker has to say so. */
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly status: LaneStatus }
  /** No worker answered. */
  | { readonly state: 'silent'; readonly recorded: Recorded };

export async function findLane(temporal: Temporal, lane: Lane): Promise<LaneRun> {
  const description = await describe(temporal, laneWorkflowId(lane));
  if (description === undefined) return { state: 'absent' };
  if (description.status.name === 'COMPLETED') return { state: 'idle' };
  const recorded = recordedOf(description);
  try {
    const handle = temporal.client.workflow.getHandle(laneWorkflowId(lane));
    const status = await temporal.call({ what: 'ask the lane for its status', timeoutMs: 3_000 }, () =>
      handle.query(laneStatusQuery),
    );
    return { state: 'running', status };
  } catch (error) {
    const unanswered =
      error instanceof ServiceError ||
      error instanceof QueryNotRegisteredError ||
      (error instanceof ClientError && error.exit === 'unreachable');
    if (unanswered) return { state: 'silent', recorded };
    throw error;
  }
}
