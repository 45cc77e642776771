import { QueryNotRegisteredError, ServiceError } from '@temporalio/client';
import { type Lane, type ReleaseRef, laneWorkflowId } from '../domain/lane.js';
import { type LaneStatus, laneStatusQuery } from '../workflows/messages.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { describe, recordedOf } from './release-run.js';
import type { Recorded } from './reports.js';

export type LaneRun =
  | { readonly state: 'absent' }
  | { readonly state: 'running'; readonly status: LaneStatus }
  /** No worker answered. */
  | { readonly state: 'silent'; readonly recorded: Recorded };

export async function findLane(temporal: Temporal, lane: Lane): Promise<LaneRun> {
  const description = await describe(temporal, laneWorkflowId(lane));
  if (description === undefined) return { state: 'absent' };
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

/** Whether the lane still means to run that version. A lane that cannot be asked is believed to. */
export async function isQueued(temporal: Temporal, lane: Lane, version: string): Promise<boolean> {
  const found = await findLane(temporal, lane);
  switch (found.state) {
    case 'absent':
      return false;
    case 'silent':
      return true;
    case 'running':
      return found.status.running === version || found.status.queued.includes(version);
  }
}

/** Whether that version waits in its lane and has not begun; `unknown` of a lane that no worker answers for. */
export async function waits(temporal: Temporal, { lane, version }: ReleaseRef): Promise<boolean | 'unknown'> {
  const found = await findLane(temporal, lane);
  if (found.state === 'silent') return 'unknown';
  return found.state === 'running' && found.status.queued.includes(version);
}
