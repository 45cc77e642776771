import { randomUUID } from 'node:crypto';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { type Control, statusQuery } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import type { ReleaseHandle } from './with-releases.js';

/** Something Ann says, under a request id of its own. */
export function annSays(reason: string): Control {
  return { actor: 'ann', reason, requestId: randomUUID() };
}

export const statusOf = (handle: ReleaseHandle): Promise<ReleaseStatus> => handle.query(statusQuery);

/** What the Temporal UI shows as current details. */
export async function detailsOf(handle: Pick<ReleaseHandle, 'query'>): Promise<string> {
  const { currentDetails } = await handle.query<{ readonly currentDetails: string }>('__temporal_workflow_metadata');
  return currentDetails;
}

export function untilStep(handle: ReleaseHandle, step: string): Promise<ReleaseStatus> {
  return until(
    () => statusOf(handle),
    (status) => status.step === step,
  );
}

export function untilGate(handle: ReleaseHandle, gate: string): Promise<ReleaseStatus> {
  return until(
    () => statusOf(handle),
    (status) => status.gate?.name === gate,
  );
}

export function untilDecided(handle: ReleaseHandle, text: string): Promise<ReleaseStatus> {
  return until(
    () => statusOf(handle),
    ({ decisions }) => decisions.some((decision) => decision.text === text),
  );
}

/** Until its lane has started it. */
export async function untilStarted(handle: Pick<ReleaseHandle, 'describe'>): Promise<void> {
  const description = () => handle.describe().catch(() => undefined);
  await until(description, (found) => found !== undefined);
}
