import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { Lane } from '../domain/lane.js';
import { laneName } from '../domain/lane.js';
import type { SearchAttributeName } from '../domain/search-attributes.js';
import { ClientError } from './client-error.js';
import { type Temporal, grpcCodeOf } from './connection.js';
import { findLane } from './lane-run.js';
import { recordedOf } from './release-run.js';
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
  const byLane = new Map<string, OpenRun[]>();
  for (const run of runs) byLane.set(laneName(run.lane), [...(byLane.get(laneName(run.lane)) ?? []), run]);
  const names = [...byLane.keys()].sort();
  const lanes = await Promise.all(names.map((name) => describeLane(temporal, byLane.get(name) ?? [])));
  return { lanes: lanes.filter((lane) => lane !== undefined), more: runs.length === readAtMost };
}

async function describeLane(temporal: Temporal, runs: readonly OpenRun[]): Promise<LaneWork | undefined> {
  const [first] = runs;
  if (first === undefined) return undefined;
  const releases = runs.flatMap(({ release }) => (release === undefined ? [] : [release]));
  const found = await findLane(temporal, first.lane);
  if (found.state !== 'running') return { ...first.lane, releases };
  const { running, queued } = found.status;
  // Begun, and without a run that is open: it was lost, and its recovery has not begun.
  const lost = running !== undefined && releases.every(({ version }) => version !== running);
  return { ...first.lane, releases: lost ? [...releases, { version: running }] : releases, queued };
}

async function listOpenRuns(temporal: Temporal): Promise<readonly OpenRun[]> {
  const query = `ExecutionStatus = 'Running' AND SluiceLane IS NOT NULL`;
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
  return { lane, release: { version: attribute('SluiceVersion'), workflowId: info.workflowId, recorded } };
}
