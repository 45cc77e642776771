import { until } from '../contract/until.js';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payload = temporal.api.common.v1.IPayload;

export async function eventsOf(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<readonly HistoryEvent[]> {
  return (await handle.fetchHistory()).events ?? [];
}

/**
 * The activities of a run in the order the workflow decided on them. Those that exist once per effect go by the
 * effect's name: `shift/50`, `expand`, `undo/deploy`.
 */
export function runbookOf(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event) => scheduledName(event) ?? []);
}

/** Whether the activity of that name had ended when the other was decided on. */
export function hadEndedBefore(events: readonly HistoryEvent[], name: string, next: string): boolean {
  const scheduled = events.find((event) => scheduledName(event) === name)?.eventId;
  const closed = events.findIndex((event) => scheduled !== undefined && scheduled?.eq(closes(event) ?? -1));
  const decided = events.findIndex((event) => scheduledName(event) === next);
  return closed !== -1 && closed < decided;
}

function closes(event: HistoryEvent) {
  return (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    event.activityTaskTimedOutEventAttributes
  )?.scheduledEventId;
}

/** What the first activity of that name was told. */
export function inputOf(events: readonly HistoryEvent[], name: string): unknown {
  const event = events.find((event) => scheduledName(event) === name);
  return decode(event?.activityTaskScheduledEventAttributes?.input?.payloads?.[0]);
}

function scheduledName(event: HistoryEvent): string | undefined {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled === null || scheduled === undefined) return undefined;
  return nameOf(scheduled.activityType?.name ?? '', decode(scheduled.input?.payloads?.[0]));
}

interface Named {
  readonly name?: string;
  readonly phase?: string;
  readonly undo?: { readonly name: string };
}

function nameOf(activity: string, input: unknown): string {
  const command = input as Named;
  switch (activity) {
    case 'shift':
      return command.name ?? activity;
    case 'migrate':
      return command.phase ?? activity;
    case 'undo':
      return command.undo?.name ?? activity;
    case 'skipUndo':
      return `skip ${command.undo?.name}`;
    default:
      return activity;
  }
}

export function decode(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

/** Until the run has asked the activity that is on to stop: it has heard, and waits. */
export async function untilCancelRequested(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  await until(
    () => eventsOf(handle),
    (events) => events.some((event) => event.activityTaskCancelRequestedEventAttributes),
  );
}
