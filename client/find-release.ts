import { type Lane, type ReleaseRef, describeRelease, laneName } from '../domain/lane.js';
import type { LaneStatus } from '../workflows/messages.js';
import { ClientError } from './client-error.js';
import type { Temporal } from './connection.js';
import { findLane } from './lane-run.js';
import { type ReleaseRun, findRun } from './release-run.js';

/** Where a release is: in a run, or in its lane, which has not begun it. */
export type ReleaseStand =
  | ReleaseRun
  /** `behind`: what is before it, next first; with nothing before it, it begins now. */
  | { readonly state: 'queued'; readonly behind: readonly string[] }
  /** No worker says whether it waits; all that is known is `run`: none, or one of an earlier attempt. */
  | { readonly state: 'unanswered'; readonly run: Beside };

/** Nobody knows of a run, and no lane of the release. */
export function noRun(release: ReleaseRef, { where }: Temporal): ClientError {
  const lane = laneName(release.lane);
  return new ClientError({
    exit: 'refused',
    code: 'release-unknown',
    message: `there is no run of ${describeRelease(release)} in Temporal at ${where}`,
    remedy: `Check the name. Temporal forgets a run some time after its end, and the ledger does not: \`sluice history ${lane}\` lists what was released, \`sluice logs ${lane}/${release.version}\` tells what was changed.`,
  });
}

/** Without a run nothing runs or waits in it: a lane's run ends when there is nothing to do. */
export function noLane(lane: Lane, { where }: Temporal): ClientError {
  const name = laneName(lane);
  return new ClientError({
    exit: 'refused',
    code: 'release-unknown',
    message: `there is no run of the lane ${name} in Temporal at ${where}: nothing runs or waits in it`,
    remedy: `Check the name. What was released in it is in the ledger: \`sluice history ${name}\`.`,
  });
}

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

/** The versions that come before it in its lane; `undefined` where the lane does not hold it. */
export function aheadOf({ running, queued }: Pick<LaneStatus, 'running' | 'queued'>, version: string) {
  const order = [...(running === undefined ? [] : [running]), ...queued];
  const index = order.indexOf(version);
  return index < 0 ? undefined : order.slice(0, index);
}

/** `behind 2, 3`: what a release that has no run yet waits for. */
export function turnText(behind: readonly string[]): string {
  return behind.length === 0 ? 'it begins now' : `behind ${behind.join(', ')}`;
}

async function standBeside(temporal: Temporal, { lane, version }: ReleaseRef, run: Beside): Promise<ReleaseStand> {
  const found = await findLane(temporal, lane);
  switch (found.state) {
    case 'absent':
    case 'idle':
      return run;
    case 'silent':
      return { state: 'unanswered', run };
    case 'running': {
      const behind = aheadOf(found.status, version);
      return behind === undefined ? run : { state: 'queued', behind };
    }
  }
}
