import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { Command } from 'commander';
import { type Lane, type ReleaseRef, describeRelease, laneName, laneWorkflowId } from '../domain/lane.js';
import type { ReleaseStatus } from '../domain/release-state.js';
import type { Control } from '../workflows/messages.js';
import { resolveActor } from './actor.js';
import { answerCommands, heldBy } from './answers.js';
import { ClientError } from './client-error.js';
import { type Temporal, withTemporal } from './connection.js';
import { examples } from './examples.js';
import { confirm } from './confirm.js';
import { findRelease, noRun } from './find-release.js';
import { findLane } from './lane-run.js';
import type { ManifestOptions } from './manifest-arguments.js';
import { takeReason } from './reason.js';
import type { ControlReport, Recorded, Report } from './reports.js';
import { requestIdOf } from './request-id.js';
import { type GlobalOptions, run } from './run.js';
import { readRelease, readTarget } from './target.js';
import { thenBegins } from './then-begins.js';
import type { TuningOptions } from './tuning-options.js';

/** A run that takes messages; `status` where a worker could be asked. */
export interface OpenRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status?: ReleaseStatus;
  /** Without a status: what it wrote down last that it waits for, `contract: …`. */
  readonly waitedFor?: string;
}

export interface ControlOptions extends GlobalOptions, ManifestOptions, TuningOptions {
  readonly actor?: string;
  readonly reason?: string;
  readonly requestId?: string;
  /** Of `approve`, `retry` and `skip`. */
  readonly gate?: string;
  /** Does not ask. */
  readonly yes?: boolean;
}

export interface Sending {
  readonly temporal: Temporal;
  readonly run: OpenRun;
  readonly said: Control;
  readonly signal: <Said extends Control>(definition: SignalDefinition<[Said]>, said: Said) => Promise<void>;
}

export interface ControlCommand {
  readonly name: string;
  readonly description: string;
  readonly reason: 'optional' | 'required';
  /** Takes `<environment>/<service>`, too: what runs in that lane. */
  readonly ofLane?: true;
  /** It ends the release: the next of its lane begins then. */
  readonly endsIt?: true;
  /** Whether `--gate` names what it is said to. */
  readonly answersGate?: true;
  /** Of the help: why somebody says it. */
  readonly exampleReason: string;
  /** Of the help: what must be said besides. */
  readonly exampleOptions?: string;
  /** Throws a refusal where nothing can come of it. */
  readonly prepare: (run: OpenRun, options: ControlOptions) => Intention;
  /** Answers with what came of it, where that is known at once. */
  readonly send: (sending: Sending, intention: Intention, options: ControlOptions) => Promise<string | void>;
  /** For a release that waits in its lane and has no run; refused without. */
  readonly withdraw?: (waiting: {
    readonly temporal: Temporal;
    readonly release: ReleaseRef;
    readonly said: Control;
  }) => Promise<string>;
}

/** What the message will do, said before it is sent and after. */
export interface Intention {
  /** One sentence. */
  readonly effect: string;
  /** What of it can be undone later, and how. */
  readonly undone: string;
  readonly gate?: string;
}

/** Registers a command that says something to a running release. */
export function registerControl(program: Command, control: ControlCommand): Command {
  const command = program
    .command(control.name)
    .description(control.description)
    .argument(
      '[release]',
      `<environment>/<service>/<version>${control.ofLane ? ', or <environment>/<service> for what runs there' : ''}`,
    )
    .option('-f, --file <manifest...>', 'take the release from a manifest; several are merged')
    .option(
      '--actor <name>',
      'who acts, for the audit trail (default: $SLUICE_ACTOR, the CI system’s word, or user@host)',
    )
    .option('--request-id <id>', 'saying it again with the same id is the same as once (default: a new id)')
    .option('--yes', 'do not ask on a terminal')
    .addHelpText('after', examples(exampleOf(control)))
    .action((release: string | undefined, _options: ControlOptions, command: Command) => {
      const options = command.optsWithGlobals<ControlOptions>();
      return run(options, () => sendControl(control, release, options));
    });
  if (control.answersGate) {
    command.option(
      '--gate <name>',
      `what it is about; refused when something else waits (default: what waits now, if a worker can be asked)`,
    );
  }
  return takeReason(command, control.reason);
}

function exampleOf({ name, exampleOptions, exampleReason }: ControlCommand): string {
  const options = exampleOptions === undefined ? '' : ` ${exampleOptions}`;
  return `sluice ${name} production/shop/2${options} --reason "${exampleReason}"`;
}

async function sendControl(
  control: ControlCommand,
  name: string | undefined,
  options: ControlOptions,
): Promise<Report<ControlReport>> {
  const { lane, version } = control.ofLane ? await readTarget(name, options) : await readRelease(name, options);
  const said: Control = {
    actor: resolveActor(options.actor),
    reason: options.reason ?? '',
    requestId: requestIdOf(options.requestId),
  };
  return withTemporal(async (temporal) => {
    const release = { lane, version: version ?? (await runningIn(temporal, lane)) };
    const run = await openRun(temporal, release);
    const name = describeRelease(release);
    if (run === 'queued') return withdraw({ control, temporal, release, said, options });
    const intention = control.prepare(run, options);
    const { effect, undone, gate } = intention;
    const held = control.answersGate ? heldBy(release, run.status) : [];
    const next = control.endsIt ? await nextOf(temporal, release) : [];
    await confirm([`${control.name} ${name}: ${effect}`, ...next, ...held, undone], options);
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
    const signal: Sending['signal'] = (definition, said) =>
      temporal.call({ what: `send ${control.name}` }, () => handle.signal(definition, said));
    const came = await control.send({ temporal, run, said, signal }, intention, options).catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? ended(release, 'just now') : error;
    });
    return sent({ control, release, said, workflowId: run.workflowId, ...(gate === undefined ? {} : { gate }) }, [
      came ?? effect,
      ...next,
      ...held,
      ...(run.status === undefined ? ['No worker answers now: Temporal keeps the message for it.'] : []),
    ]);
  });
}

async function nextOf(temporal: Temporal, { lane, version }: ReleaseRef): Promise<readonly string[]> {
  const found = await findLane(temporal, lane);
  if (found.state === 'silent') return thenBegins(lane, undefined);
  const waiting = found.state === 'running' ? found.status.queued : [];
  return thenBegins(
    lane,
    waiting.filter((it) => it !== version),
  );
}

async function runningIn(temporal: Temporal, lane: Lane): Promise<string> {
  const found = await findLane(temporal, lane);
  const remedy = `Name the release: ${laneName(lane)}/<version>. One that has ended cannot be taken back: release the earlier version again under a new version.`;
  if (found.state === 'silent') {
    const message = `no worker says what runs in ${laneName(lane)}; nothing was sent`;
    throw new ClientError({ exit: 'unreachable', message, remedy });
  }
  if (found.state !== 'running' || found.status.running === undefined) {
    throw refused(`nothing runs in ${laneName(lane)}`, remedy);
  }
  return found.status.running;
}

function sent(
  message: {
    readonly control: ControlCommand;
    readonly release: ReleaseRef;
    readonly said: Control;
    readonly workflowId: string;
    readonly gate?: string;
  },
  effects: readonly string[],
): Report<ControlReport> {
  const { control, release, said, workflowId, gate } = message;
  const document: ControlReport = {
    command: control.name,
    ...release.lane,
    version: release.version,
    workflowId,
    ...said,
    ...(gate === undefined ? {} : { gate }),
    effect: effects.join(' '),
  };
  const text = `${control.name} sent to ${describeRelease(release)} as ${said.actor}.\n${document.effect}`;
  return { exit: 'released', document, text };
}

async function withdraw(waiting: {
  readonly control: ControlCommand;
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly said: Control;
  readonly options: ControlOptions;
}): Promise<Report<ControlReport>> {
  const { control, temporal, release, said, options } = waiting;
  const name = describeRelease(release);
  if (control.withdraw === undefined) {
    throw refused(`${name} waits in its lane and has not begun`, 'Say it again once it runs, or abort it.');
  }
  await confirm(
    [`${control.name} ${name}: it waits in its lane and is taken out of it.`, 'It can be submitted again.'],
    options,
  );
  const effect = await control.withdraw({ temporal, release, said }).catch((error: unknown) => {
    const isBetweenRuns = error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError;
    throw isBetweenRuns ? refused(`the lane of ${name} was just ending or beginning`, 'Say it again.') : error;
  });
  return sent({ control, release, said, workflowId: laneWorkflowId(release.lane) }, [effect]);
}

async function openRun(temporal: Temporal, release: ReleaseRef): Promise<OpenRun | 'queued'> {
  const run = await findRelease(temporal, release);
  switch (run.state) {
    case 'queued':
      return 'queued';
    case 'unanswered':
      throw new ClientError({
        exit: 'unreachable',
        message: `no worker says whether ${describeRelease(release)} waits in its lane; nothing was sent`,
        remedy: 'Start a worker, then say it again.',
      });
    case 'running':
      return run;
    case 'silent':
      return { workflowId: run.workflowId, runId: run.runId, ...waitedFor(run.recorded) };
    case 'ended':
      throw ended(release, `as ${run.result.outcome}`);
    case 'broken':
      throw refused(
        `${run.workflowId} ${run.how}; its recovery has not begun`,
        'Wait for the recovery and say it again.',
      );
    case 'absent':
      throw noRun(release, temporal);
  }
}

function waitedFor({ memo }: Recorded): Pick<OpenRun, 'waitedFor'> {
  return typeof memo.waitsFor === 'string' ? { waitedFor: memo.waitsFor } : {};
}

function ended(release: ReleaseRef, how: string): ClientError {
  const name = `${laneName(release.lane)}/${release.version}`;
  return refused(`${describeRelease(release)} has ended ${how}`, `Look at it with \`sluice status ${name}\``);
}

/** Nothing was sent. */
export function refused(message: string, remedy: string): ClientError {
  return new ClientError({ exit: 'refused', message, remedy });
}

/** Past the point of no return. */
export function noWayBack(reason: string): ClientError {
  return refused(`there is no way back: ${reason}`, 'Go forward: release a version that mends it.');
}

/**
 * The gate the answer is for: the one that was named, or the one that waits. Without a status it must be named: by the time
 * the answer arrives another one may wait, which nobody has looked at.
 */
export function expectGate(run: OpenRun, answer: 'approve' | 'retry' | 'skip', named?: string): string {
  if (run.status === undefined) {
    if (named !== undefined) return named;
    throw refused(
      `no worker says what the release waits for${run.waitedFor === undefined ? '' : `; the last it wrote down is ${run.waitedFor}`}`,
      'Start a worker, or name what you answer with --gate: then it is refused when something else waits by the time it arrives.',
    );
  }
  const { gate } = run.status;
  if (gate?.answers.includes(answer)) {
    if (named === undefined || named === gate.name) return gate.name;
    throw refused(`${gate.name} waits, and not ${named}: ${gate.reason}`, remedyOf(run.status));
  }
  throw refused(
    gate === undefined
      ? `nothing waits for ${answer}: the release is at ${run.status.step}`
      : `${gate.name} does not take ${answer}: ${gate.reason}`,
    remedyOf(run.status),
  );
}

/** What can be said instead, each a command. */
function remedyOf(status: ReleaseStatus): string {
  const { gate, lane, version } = status;
  if (gate === undefined) return `Look at it with \`sluice status ${laneName(lane)}/${version}\`.`;
  return ['It takes:', ...answerCommands(status, gate).map((command) => `  ${command}`)].join('\n');
}
