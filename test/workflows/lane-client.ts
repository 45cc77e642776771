import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { laneWorkflowId } from '../../domain/lane.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import type { lane } from '../../workflows/lane.js';
import { type SubmitAnswer, submitUpdate } from '../../workflows/messages.js';
import type { Releases } from './with-releases.js';
import type { World } from './world.js';

export type LaneHandle = WorkflowHandle<typeof lane>;

/** Submits as a client does: one call starts the lane, if it is not there, and hands it the release. */
export function submit(
  releases: Releases,
  world: World,
  version: string,
  { hash = version, requestId = 'first' } = {},
): Promise<SubmitAnswer> {
  const updateId = `${version}/${requestId}`;
  const manifest = { version, hash };
  return releases.client.workflow.executeUpdateWithStart(submitUpdate, {
    updateId,
    args: [{ lane: world.lane, manifest, migrations: [], actor: 'ci', requestId }],
    startWorkflowOperation: new WithStartWorkflowOperation<typeof lane>('lane', {
      workflowId: laneWorkflowId(world.lane),
      taskQueue: releaseTaskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ lane: world.lane }],
    }),
  });
}

/** Starts the lane without a submission, as the reaper does. */
export function wakeLane(releases: Releases, world: World): Promise<LaneHandle> {
  return releases.client.workflow.start<typeof lane>('lane', {
    workflowId: laneWorkflowId(world.lane),
    taskQueue: releaseTaskQueue,
    args: [{ lane: world.lane }],
  });
}

export function laneOf(releases: Releases, world: World): LaneHandle {
  return releases.client.workflow.getHandle<typeof lane>(laneWorkflowId(world.lane));
}
