import { Context } from '@temporalio/activity';
import type { ReleaseRef } from '../domain/lane.js';
import type { ActContext } from './actuator.js';

const latest = new WeakMap<Context, string>();

/** What a pending activity is at, for the Temporal UI. */
export function reportProgress(detail: string): void {
  const context = Context.current();
  latest.set(context, detail);
  context.heartbeat(detail);
}

/** Repeated by the worker's heartbeat timer, so that the last word stays readable. */
export function latestProgress(context: Context): string | undefined {
  return latest.get(context);
}

export function actContext(release: ReleaseRef, generation: number): ActContext {
  const { cancellationSignal } = Context.current();
  return { release, generation, signal: cancellationSignal, onProgress: reportProgress };
}
