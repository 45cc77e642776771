import { Context } from '@temporalio/activity';
import type { ReleaseRef } from '../domain/lane.js';
import type { ActContext } from './actuator.js';

/** As Temporal keeps it of a pending activity: what it is at, and what the next attempt goes on from. */
type Progress = string | { readonly detail: string; readonly kept: unknown };

const latest = new WeakMap<Context, Progress>();

/** What a pending activity is at, for the Temporal UI; `kept` is handed to the next attempt when this one is lost. */
export function reportProgress(detail: string, kept?: unknown): void {
  const context = Context.current();
  const progress = kept === undefined ? detail : { detail, kept };
  latest.set(context, progress);
  context.heartbeat(progress);
}

/** What the attempt before this one kept with its last word; `undefined` when it kept nothing, or there was none. */
export function keptProgress(): unknown {
  const found: unknown = Context.current().info.heartbeatDetails;
  return typeof found === 'object' && found !== null && 'kept' in found ? found.kept : undefined;
}

/**
 * Repeated by the worker's heartbeat timer, so that the last word stays readable; until this attempt has said one, that of
 * the attempt before, which would be lost with what it has kept.
 */
export function latestProgress(context: Context): Progress | undefined {
  return latest.get(context) ?? (context.info.heartbeatDetails as Progress | undefined);
}

export function actContext(release: ReleaseRef, generation: number): ActContext {
  const { cancellationSignal } = Context.current();
  return { release, generation, signal: cancellationSignal, onProgress: (detail) => reportProgress(detail) };
}
