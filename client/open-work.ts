import type { WorkflowExecutionInfo } from '@temporalio/client';
import { type Lane, type ReleaseRef, laneName } from '../domain/lane.js';
import type { SearchAttributeName } from '../domain/search-attributes.js';
import { ClientError } from './client-error.js';
import { type Temporal, grpcCodeOf } from './connection.js';
import { type LaneRun, findLane } from './lane-run.js';
import { findRun, recordedOf } from './release-run.js';
import type { LaneWork, OpenRelease, OverviewReport } from './reports.js';

/** Of open runs, newest first; the rest is said to be there. */
const readAtMost = 500;

/** gRPC status code. */
const invalidArgument = 3;

/** An open run of a lane, of a release, or of the recovery that took over from one. */
interface OpenRun {
  readonly lane: Lane;
  /** Absent where it is the lane's own. */
  readonly release?: OpenRelease;
}

/**
 * What runs and waits in all lanes of the namespace, by name of the lane. Where a release stands is what its run wrote
 * down last and needs no worker; what is queued only a worker says. Visibility may be a second behind.
 */
export async function findOpenWork(temporal: Temporal): Promise<OverviewReport> {
  const runs = await listOpenRuns(temporal);
  const byName = new Map(runs.map(({ lane }) => [laneName(lane), lane]));
  const lanes = await Promise.all(
    [...byName]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(async ([name, lane]) =>
        describeLane(temporal, {
          lane,
          found: await findLane(temporal, lane),
          runs: runs.filter((run) => laneName(run.lane) === name),
        }),
      ),
  );
  return { lanes, more: runs.length === readAtMost };
}

/** The same of one lane, of which `found` is known already. */
export async function findLaneWork(temporal: Temporal, lane: Lane, found: LaneRun): Promise<LaneWork> {
  // What its lane says is of now; what is listed may be a second behind.
  const runs = found.state === 'running' ? [] : await listOpenRuns(temporal, lane);
  return describeLane(temporal, { lane, found, runs });
}

async function describeLane(
  temporal: Temporal,
  known: { readonly lane: Lane; readonly found: LaneRun; readonly runs: readonly OpenRun[] },
): Promise<LaneWork> {
  const { lane, found, runs } = known;
  const releases = runs.flatMap(({ release }) => (release === undefined ? [] : [release]));
  if (found.state === 'idle') return { ...lane, releases, queued: [] };
  if (found.state !== 'running') return { ...lane, releases };
  const { running, queued } = found.status;
  if (running === undefined || releases.some(({ version }) => version === running)) {
    return { ...lane, releases, queued };
  }
  const unlisted = await findUnlisted(temporal, { lane, version: running });
  return { ...lane, releases: unlisted === undefined ? releases : [...releases, unlisted], queued };
}

/** What its lane calls running and no list has: not listed yet or no more, about to begin, or lost. Nothing once it has ended. */
async function findUnlisted(temporal: Temporal, release: ReleaseRef): Promise<OpenRelease | undefined> {
  const { version } = release;
  const run = await findRun(temporal, release);
  switch (run.state) {
    case 'running':
    case 'silent':
      return { version, state: 'running', workflowId: run.workflowId, recorded: run.recorded };
    case 'absent':
      return { version, state: 'begins' };
    case 'broken':
      return { version, state: 'lost' };
    case 'ended':
      return undefined;
  }
}

/** Of one lane, or of all. */
async function listOpenRuns(temporal: Temporal, lane?: Lane): Promise<readonly OpenRun[]> {
  const which = lane === undefined ? 'IS NOT NULL' : `= '${laneName(lane)}'`;
  const query = `ExecutionStatus = 'Running' AND SluiceLane ${which}`;
  try {
    return await temporal.call({ what: 'list what is open', timeoutMs: 15_000 }, async () => {
      const runs: OpenRun[] = [];
      for await (const info of temporal.client.workflow.list({ query })) {
        runs.push(readOpenRun(info));
        if (runs.length === readAtMost) break;
      }
      return runs;
    });
  } catch (error) {
    if (grpcCodeOf(error) !== invalidArgument) throw error;
    throw new ClientError({
      exit: 'failure',
      message: `expected sluice's search attributes in the namespace ${temporal.namespace} of Temporal at ${temporal.where}: ${(error as Error).message}`,
      remedy: 'Register them with `sluice setup`; a release named in full is shown without them.',
      cause: error,
    });
  }
}

function readOpenRun(info: WorkflowExecutionInfo): OpenRun {
  const recorded = recordedOf(info);
  const attribute = (name: SearchAttributeName) => String(recorded.searchAttributes[name]);
  const lane = { environment: attribute('SluiceEnvironment'), service: attribute('SluiceService') };
  if (recorded.searchAttributes.SluiceVersion === undefined) return { lane };
  return {
    lane,
    release: { version: attribute('SluiceVersion'), state: 'running', workflowId: info.workflowId, recorded },
  };
}
