import { type ReleaseRef, laneName, recoveryWorkflowId, releaseWorkflowId } from '../domain/lane.js';
import type { PastRelease } from '../domain/history.js';
import { logOf } from '../domain/log.js';
import type { ReleaseStatus } from '../domain/release-state.js';
import { ask } from './ask.js';
import type { Temporal } from './connection.js';
import { askStatus, describe } from './release-run.js';
import type { LogReport } from './reports.js';

/**
 * Everything that is known of a release: the ledger's part, and of its runs what Temporal still has. The runs are asked
 * first, so that whatever a step that has ended did is in the ledger by then.
 */
export async function readLog(temporal: Temporal, release: ReleaseRef): Promise<LogReport> {
  const runs = await readRuns(temporal, release);
  const about = `${laneName(release.lane)}/${release.version}`;
  const record = await ask(temporal, { question: 'releaseLog', about, asked: release });
  const { statuses, missing } = runsOf(record.release, runs);
  return { ...release.lane, ...record.release, events: logOf(record, statuses), missing };
}

interface Runs {
  readonly own: 'absent' | 'open' | 'closed';
  /** Of the release's own run and of its recovery; a sentence in place of one that did not answer. */
  readonly answers: readonly (ReleaseStatus | string)[];
}

async function readRuns(temporal: Temporal, release: ReleaseRef): Promise<Runs> {
  const own = await describe(temporal, releaseWorkflowId(release.lane, release.version));
  const recovery = await describe(temporal, recoveryWorkflowId(release.lane, release.version));
  const recovers = recovery !== undefined && (own === undefined || recovery.startTime >= own.startTime);
  const answers = await Promise.all([
    ...(own === undefined ? [] : [statusOf(temporal, own, 'the release')]),
    ...(recovers ? [statusOf(temporal, recovery, 'the recovery')] : []),
  ]);
  return { own: own === undefined ? 'absent' : own.status.name === 'RUNNING' ? 'open' : 'closed', answers };
}

function runsOf(
  { state, startedAt }: PastRelease,
  { own, answers }: Runs,
): { readonly statuses: readonly ReleaseStatus[]; readonly missing: readonly string[] } {
  // A run that has ended belongs to an earlier attempt, which was refused, when the release still waits.
  if (state === 'queued' && own !== 'open') return { statuses: [], missing: [] };
  // One that was withdrawn before it began has never had a run.
  const lost = own === 'absent' && startedAt !== undefined;
  return {
    statuses: answers.filter((status) => typeof status !== 'string'),
    missing: [
      ...(lost ? ['steps, decisions and verdicts: Temporal has no run of the release any more'] : []),
      ...answers.filter((status) => typeof status === 'string'),
    ],
  };
}

async function statusOf(
  temporal: Temporal,
  run: { readonly workflowId: string; readonly runId: string },
  name: string,
): Promise<ReleaseStatus | string> {
  const status = await askStatus(temporal, run);
  return status ?? `steps, decisions and verdicts: no worker answered for the run of ${name}, ${run.workflowId}`;
}
