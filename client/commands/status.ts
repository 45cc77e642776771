import type { Command } from 'commander';
import { type ReleaseRef, describeRelease, laneWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import { type Temporal, withTemporal } from '../connection.js';
import { examples } from '../examples.js';
import { findRelease, noLane, noRun, turnText } from '../find-release.js';
import { type LaneRun, findLane } from '../lane-run.js';
import type { ReleaseRun } from '../release-run.js';
import { findLaneWork, findOpenWork } from '../open-work.js';
import { overviewText } from '../overview-text.js';
import { pendingLines, recordedText, resultText, statusText } from '../render.js';
import type { LaneReport, OverviewReport, Report, StatusReport } from '../reports.js';
import type { ManifestOptions } from '../manifest-arguments.js';
import { type GlobalOptions, run } from '../run.js';
import { type Target, readTarget } from '../target.js';

type StatusOptions = GlobalOptions & ManifestOptions;

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('show where a release stands, or what runs and waits in a lane, or in all of them')
    .argument(
      '[target]',
      '<environment>/<service>/<version>, or <environment>/<service> for the lane; nothing for all lanes',
    )
    .option('-f, --file <manifest...>', 'take the release from a manifest; several are merged')
    .addHelpText(
      'after',
      examples(
        'sluice status production/shop/2',
        'sluice status production/shop',
        'sluice status',
        'sluice status -f shop-2.yaml --json',
      ),
    )
    .action((name: string | undefined, _options: StatusOptions, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>();
      return run(options, async () => {
        if (name === undefined && options.file === undefined) return withTemporal(showOverview);
        const target = await readTarget(name, options);
        return withTemporal((temporal) => showTarget(temporal, target));
      });
    });
}

async function showOverview(temporal: Temporal): Promise<Report<OverviewReport>> {
  const document = await findOpenWork(temporal);
  return { exit: 'released', document, text: overviewText(document) };
}

function showTarget(temporal: Temporal, { lane, version }: Target): Promise<Report> {
  return version === undefined ? showLane(temporal, lane) : showRelease(temporal, { lane, version });
}

async function showLane(temporal: Temporal, lane: ReleaseRef['lane']): Promise<Report<LaneReport>> {
  const found = await findLane(temporal, lane);
  const ui = temporal.uiOf(laneWorkflowId(lane));
  const base = { workflowId: laneWorkflowId(lane), ...(ui === undefined ? {} : { ui }) };
  if (found.state === 'absent') throw noLane(lane, temporal);
  const work = await findLaneWork(temporal, lane, found);
  return {
    exit: 'released',
    document: { ...base, lane, releases: work.releases, ...answerOf(found) },
    text: overviewText({ lanes: [work], more: false }),
  };
}

function answerOf(
  found: Exclude<LaneRun, { readonly state: 'absent' }>,
): Omit<LaneReport, 'lane' | 'workflowId' | 'releases'> {
  switch (found.state) {
    case 'running':
      return { ...found.status, source: 'worker' };
    case 'idle':
      return { queued: [], source: 'recorded' };
    case 'silent':
      return { source: 'recorded', recorded: found.recorded };
  }
}

async function showRelease(temporal: Temporal, release: ReleaseRef): Promise<Report<StatusReport>> {
  const stand = await findRelease(temporal, release);
  if (stand.state === 'queued') return queuedReport(temporal, release, stand.behind);
  if (stand.state !== 'unanswered') return runReport(temporal, release, stand);
  return stand.run.state === 'absent'
    ? queuedReport(temporal, release, undefined)
    : runReport(temporal, release, stand.run);
}

function baseOf(temporal: Temporal, release: ReleaseRef, workflowId: string) {
  const ui = temporal.uiOf(workflowId);
  return { ...release.lane, version: release.version, workflowId, ...(ui === undefined ? {} : { ui }) };
}

/** `behind`: absent where no worker answers for its lane, which is believed to hold it. */
function queuedReport(
  temporal: Temporal,
  release: ReleaseRef,
  behind: readonly string[] | undefined,
): Report<StatusReport> {
  const base = baseOf(temporal, release, releaseWorkflowId(release.lane, release.version));
  const name = describeRelease(release);
  const text =
    behind === undefined
      ? `${name} has no run; no worker says whether it waits in its lane`
      : `${name} waits in its lane and has not begun: ${turnText(behind)}`;
  const source = behind === undefined ? 'recorded' : 'worker';
  return { exit: 'released', document: { ...base, state: 'queued', source }, text };
}

function runReport(temporal: Temporal, release: ReleaseRef, run: ReleaseRun): Report<StatusReport> {
  const name = describeRelease(release);
  if (run.state === 'absent') {
    throw noRun(release, temporal);
  }
  const base = baseOf(temporal, release, run.workflowId);
  const report = (document: StatusReport, text: string): Report<StatusReport> => ({ exit: 'released', document, text });
  switch (run.state) {
    case 'running':
      return report(
        { ...base, state: 'running', source: 'worker', status: run.status, pending: run.pending },
        statusText(run.status, run.pending),
      );
    case 'silent':
      return report(
        { ...base, state: 'running', source: 'recorded', recorded: run.recorded, pending: run.pending },
        [name, recordedText(run.recorded), ...pendingLines(run.pending)].join('\n'),
      );
    case 'ended': {
      const { result, status, recorded } = run;
      const end = { outcome: result.outcome, ...(result.failure === undefined ? {} : { failure: result.failure }) };
      return status === undefined
        ? report({ ...base, state: 'ended', source: 'recorded', ...end, recorded }, resultText(result))
        : report({ ...base, state: 'ended', source: 'worker', ...end, status }, statusText({ ...status, result }));
    }
    case 'broken':
      return report(
        { ...base, state: 'broken', source: 'recorded', recorded: run.recorded },
        `${name}: its run ${run.how}; no recovery has taken over yet\n${recordedText(run.recorded)}`,
      );
  }
}
