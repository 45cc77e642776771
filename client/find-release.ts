import type { ReleaseRef } from '../domain/lane.js';
import type { Temporal } from './connection.js';
import { findLane } from './lane-run.js';
import { type ReleaseRun, findRun } from './release-run.js';

/** Where a release is: in a run, or in its lane, which has not begun it. */
export type ReleaseStand =
  | ReleaseRun
  | { readonly state: 'queued' }
  /** No worker says whether it waits; all that is known is `run`: none, or one of an earlier attempt. */
  | { readonly state: 'unanswered'; readonly run: Beside };

type Beside = Extract<ReleaseRun, { state: 'absent' | 'ended' }>;

/**
 * A release that was refused may come again under its name, so its last run may be of an earlier attempt: then the lane
 * is asked whether the new one waits. A run named as `ignored` is of an earlier attempt for certain.
 */
export async function findRelease(temporal: Temporal, release: ReleaseRef, ignored?: string): Promise<ReleaseStand> {
  const run = await findRun(temporal, release);
  if (run.state !== 'absent' && run.runId === ignored) return standBeside(temporal, release, { state: 'absent' });
  const mayWait = run.state === 'absent' || (run.state === 'ended' && run.result.outcome === 'refused');
  return mayWait ? standBeside(temporal, release, run) : run;
}

async function standBeside(temporal: Temporal, { lane, version }: ReleaseRef, run: Beside): Promise<ReleaseStand> {
  const found = await findLane(temporal, lane);
  switch (found.state) {
    case 'absent':
      return run;
    case 'silent':
      return { state: 'unanswered', run };
    case 'running': {
      const { running, queued } = found.status;
      return running === version || queued.includes(version) ? { state: 'queued' } : run;
    }
  }
}
