import { fileURLToPath } from 'node:url';
import { type InjectedSinks, Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { type HistoryEvent, decode } from '../workflows/history.js';
import '../support/quiet-runtime.js';
import type { WorkflowBundle } from '../workflows/workflow-bundle.js';
import type { HistoryFile } from './history-files.js';
import type { Decision, WitnessSinks } from './witness.js';

export const witnessModule = fileURLToPath(new URL('witness.ts', import.meta.url));

export interface Replayed {
  /** Temporal's, if it has one. */
  readonly complaint: string | undefined;
  /** What the code decided, if it was bundled with the witness. */
  readonly decided: readonly Decision[];
}

/** Answers by workflow id. */
export async function replay(
  workflowBundle: WorkflowBundle,
  files: readonly HistoryFile[],
): Promise<ReadonlyMap<string, Replayed>> {
  const decided: { readonly workflowId: string; readonly decision: Decision }[] = [];
  const sinks: InjectedSinks<WitnessSinks> = {
    witness: {
      decided: {
        fn: ({ workflowId }, decision) => void decided.push({ workflowId, decision }),
        callDuringReplay: true,
      },
    },
  };
  const complaints = new Map<string, string | undefined>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks }, [...files])) {
    complaints.set(workflowId, error?.message);
  }
  const decidedBy = (id: string) => decided.filter(({ workflowId }) => workflowId === id);
  return new Map(
    [...complaints].map(([workflowId, complaint]) => [
      workflowId,
      { complaint, decided: asJson(decidedBy(workflowId).map(({ decision }) => decision)) },
    ]),
  );
}

/** What the run decided when it was recorded. */
export function recordedDecisions({ history }: HistoryFile): readonly Decision[] {
  const { events } = historyFromJSON(history) as { readonly events?: readonly HistoryEvent[] };
  return (events ?? []).flatMap((event) => recordedDecision(event) ?? []);
}

function recordedDecision(event: HistoryEvent): Decision | undefined {
  const activity = event.activityTaskScheduledEventAttributes;
  if (activity) return { kind: 'activity', type: activity.activityType?.name ?? '', args: decodeAll(activity.input) };
  const timer = event.timerStartedEventAttributes;
  if (timer) return { kind: 'timer', ms: milliseconds(timer.startToFireTimeout) };
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (child) return { kind: 'child', id: child.workflowId ?? '', args: decodeAll(child.input) };
  return undefined;
}

type Payloads = NonNullable<HistoryEvent['activityTaskScheduledEventAttributes']>['input'];
type Duration = NonNullable<HistoryEvent['timerStartedEventAttributes']>['startToFireTimeout'];

const decodeAll = (input: Payloads): unknown[] => (input?.payloads ?? []).map(decode);

function milliseconds(duration: Duration): number {
  return Number(duration?.seconds ?? 0) * 1_000 + (duration?.nanos ?? 0) / 1_000_000;
}

/** What JSON drops, the payloads have dropped too. */
function asJson(decisions: readonly Decision[]): readonly Decision[] {
  return JSON.parse(JSON.stringify(decisions)) as readonly Decision[];
}
