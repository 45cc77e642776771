import { Context, activityInfo } from '@temporalio/activity';
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import { type Lane, laneName, laneWorkflowId } from '../domain/lane.js';
import type { ReleaseResult } from '../domain/release-state.js';
import { laneAttributes, laneSummary } from '../domain/search-attributes.js';
import { laneWorkflowType } from '../domain/wire-names.js';
import type { Ledger } from './ledger/ledger.js';

/** A run somebody else started: how it ended, or why it will never say. */
export type Followed =
  { readonly kind: 'ended'; readonly result: ReleaseResult } | { readonly kind: 'lost'; readonly reason: string };

/** Looks after runs that are nobody's child any more. */
export function createSupervisionActivities(parts: { readonly ledger: Ledger; readonly client: Client }) {
  const { ledger, client } = parts;
  return {
    /** Waits for a release, or the recovery of one, that an earlier run of the lane started. */
    async followRun(workflowId: string): Promise<Followed> {
      try {
        const handle = client.workflow.getHandle(workflowId);
        // The call itself cannot be cut off: an attempt that nobody waits for any more must not hold its slot.
        const result = await Promise.race([handle.result(), Context.current().cancelled]);
        return { kind: 'ended', result: result as ReleaseResult };
      } catch (error) {
        if (error instanceof WorkflowFailedError)
          return { kind: 'lost', reason: error.cause?.message ?? error.message };
        if (error instanceof WorkflowNotFoundError) return { kind: 'lost', reason: 'there is no such run' };
        throw error;
      }
    },

    /** Every lane with a release that has not ended gets a run; one that has is left alone. Answers with the lanes looked after. */
    async wakeLanes(): Promise<readonly string[]> {
      const { taskQueue } = activityInfo();
      const open = await ledger.openReleases();
      const lanes = new Map(open.map(({ lane }) => [laneName(lane), lane]));
      for (const lane of lanes.values()) await wake(lane, taskQueue);
      return [...lanes.keys()];
    },
  };

  async function wake(lane: Lane, taskQueue: string): Promise<void> {
    await client.workflow.start(laneWorkflowType, {
      workflowId: laneWorkflowId(lane),
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
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
}
