import type { Client } from '@temporalio/client';
import { requiredTsToMs } from '@temporalio/common/lib/time.js';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

export async function readHistory(client: Client, workflowId: string): Promise<History> {
  return client.workflow.getHandle(workflowId).fetchHistory();
}

/** Arguments, results, memo, details: everything the service stores for us, in bytes. */
export function payloadBytes(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) return value.data.length;
  return Object.values(value).reduce<number>((sum, part) => sum + payloadBytes(part), 0);
}

/** From the abort's arrival at Temporal until the undo of the production rule, its read-back included, was reported. */
export function abortToTrafficBack({ events }: History): number {
  const all = events ?? [];
  const said = all.find((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'abort');
  const undo = all.find((event) => {
    const { activityType, input } = event.activityTaskScheduledEventAttributes ?? {};
    return activityType?.name === 'undo' && Buffer.from(input?.payloads?.[0]?.data ?? []).includes('"production"');
  });
  const done = all.find(
    (event) => String(event.activityTaskCompletedEventAttributes?.scheduledEventId) === String(undo?.eventId),
  );
  if (said === undefined || done === undefined)
    throw new Error('expected an abort and an undo of the rule in the history');
  return timeOf(done) - timeOf(said);
}

function timeOf({ eventTime }: NonNullable<History['events']>[number]): number {
  return requiredTsToMs(eventTime, 'eventTime');
}
