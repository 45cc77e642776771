import type { Command } from 'commander';
import { counted } from '../../domain/counted.js';
import { describeRelease, laneName, releaseWorkflowId } from '../../domain/lane.js';
import type { SubmitAnswer } from '../../workflows/messages.js';
import { hasPhase, type MigrationPhase } from '../../domain/migration.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { resolveActor } from '../actor.js';
import { confirm } from '../confirm.js';
import { withTemporal, type Temporal } from '../connection.js';
import { examples } from '../examples.js';
import { aheadOf, turnText } from '../find-release.js';
import { findLane } from '../lane-run.js';
import { type ManifestOptions, manifestFiles, takeManifests } from '../manifest-arguments.js';
import { type ManifestFile, readManifestFile } from '../manifest-file.js';
import { describe } from '../release-run.js';
import { requestIdOf } from '../request-id.js';
import { nextStepsText, outcomeText } from '../render.js';
import type { ReleaseReport, Report } from '../reports.js';
import { type GlobalOptions, print, run } from '../run.js';
import { submit } from '../submit.js';
import { waitForRelease } from '../wait.js';

interface ReleaseOptions extends GlobalOptions, ManifestOptions {
  readonly wait?: boolean;
  readonly actor?: string;
  readonly requestId?: string;
  /** Does not ask. */
  readonly yes?: boolean;
}

export function registerRelease(program: Command): void {
  takeManifests(program.command('release'))
    .description('release the version a manifest describes; repeating it attaches and never starts twice')
    .option('--wait', 'show progress until it has ended; exits with its outcome')
    .option(
      '--actor <name>',
      'who releases, for the audit trail (default: $SLUICE_ACTOR, the CI system’s word, or user@host)',
    )
    .option('--request-id <id>', 'names this request in Temporal, for example the CI job (default: a new id)')
    .option('--yes', 'do not ask on a terminal')
    .addHelpText(
      'after',
      examples('sluice release shop-2.yaml', 'sluice release shop-2.yaml --wait --request-id "$CI_JOB_ID"'),
    )
    .action((named: string[], _options: ReleaseOptions, command: Command) => {
      const options = command.optsWithGlobals<ReleaseOptions>();
      return run(options, async () => {
        const files = manifestFiles(named, options);
        const manifest = { ...(await readManifestFile(...files)), files };
        return withTemporal((temporal) => release(temporal, manifest, options));
      });
    });
}

async function release(
  temporal: Temporal,
  { files, ...file }: ManifestFile & { readonly files: readonly string[] },
  options: ReleaseOptions,
): Promise<Report<ReleaseReport>> {
  const { request } = file;
  await confirm(intention(request, files), options);
  const before = await describe(temporal, releaseWorkflowId(request.lane, request.version));
  const said = { actor: resolveActor(options.actor), requestId: requestIdOf(options.requestId) };
  const answer = await submit(temporal, file, said);
  const text = await submittedText(temporal, file, answer);
  if (!options.wait || answer.state === 'ended') return submitted(temporal, file, { answer, text });
  if (!options.json) print(1, text);
  // A run that had ended before this release was queued says nothing about it.
  const stale = answer.state === 'queued' && before !== undefined && before.status.name !== 'RUNNING';
  return waitForRelease({
    temporal,
    release: request,
    options,
    answer,
    stopAtOperator: true,
    ...(stale ? { ignoredRunId: before.runId } : {}),
  });
}

/** What will be done, and from where on there is no way back. */
function intention(request: ReleaseRequest, files: readonly string[]): readonly string[] {
  const { canary, workload, database } = request;
  const weights = [...canary.steps.map(({ weight }) => weight), 100].join(', ');
  const has = (phase: MigrationPhase) => database !== undefined && hasPhase(database, phase);
  const schema = has('expand') ? 'expands the schema, ' : '';
  const abort = `\`sluice abort ${laneName(request.lane)}/${request.version} --reason "why"\``;
  const undone = has('contract')
    ? `${abort} takes all of it back until contract begins; what contract removes cannot be brought back.`
    : `${abort} takes all of it back until it has ended.`;
  return [
    `release ${describeRelease(request)}: ${schema}starts ${counted(workload.desiredCount, 'task')} on the idle colour and gives them ${weights} % of the traffic, one after the other.`,
    `${undone} \`sluice plan ${files.join(' ')}\` says more.`,
  ];
}

function submitted(
  temporal: Temporal,
  file: ManifestFile,
  { answer, text }: { readonly answer: SubmitAnswer; readonly text: string },
): Report<ReleaseReport> {
  const { lane, version } = file.request;
  const ui = temporal.uiOf(answer.workflowId);
  return {
    exit: answer.outcome ?? 'released',
    document: { ...lane, ...answer, version, ...(ui === undefined ? {} : { ui }) },
    text: `${text}\n${nextStepsText(file.request, ui)}`,
  };
}

async function submittedText(
  temporal: Temporal,
  { request }: ManifestFile,
  { state, outcome, attached }: SubmitAnswer,
): Promise<string> {
  const name = describeRelease(request);
  if (outcome !== undefined) return `${name} had been submitted before: it ${outcomeText(outcome)}`;
  const known = attached ? ' (it had been submitted before: attached)' : '';
  switch (state) {
    case 'queued':
      return `${name} is queued in its lane${known}${await turnIn(temporal, request)}`;
    case 'running':
      return `${name} is running${known}`;
    case 'ended':
      return `${name} has ended${known}`;
  }
}

/** Empty where the lane does not hold it any more, or does not say; the release was taken all the same. */
async function turnIn(temporal: Temporal, { lane, version }: ReleaseRequest): Promise<string> {
  const found = await findLane(temporal, lane).catch(() => undefined);
  const behind = found?.state === 'running' ? aheadOf(found.status, version) : undefined;
  return behind === undefined ? '' : `: ${turnText(behind)}`;
}
