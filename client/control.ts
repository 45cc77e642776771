import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { Command } from 'commander';
import { type ReleaseRef, describeRelease, laneName } from '../domain/lane.js';
import type { ReleaseStatus } from '../domain/release-state.js';
import type { Control } from '../workflows/messages.js';
import { resolveActor } from './actor.js';
import { ClientError, refusal } from './client-error.js';
import { type Temporal, withTemporal } from './connection.js';
import { isQueued } from './lane-run.js';
import { findRun } from './release-run.js';
import type { ControlReport, Report } from './reports.js';
import { type GlobalOptions, run } from './run.js';
import { readRelease } from './target.js';

/** A run that takes messages; `status` where a worker could be asked. */
export interface OpenRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status?: ReleaseStatus;
}

export interface ControlOptions extends GlobalOptions {
  readonly file?: string;
  readonly actor?: string;
  readonly reason?: string;
  readonly requestId?: string;
  /** Of `approve`. */
  readonly gate?: string;
}

export interface Sending {
  readonly temporal: Temporal;
  readonly run: OpenRun;
  readonly said: Control;
  readonly options: ControlOptions;
  readonly signal: (definition: SignalDefinition<[Control]>) => Promise<void>;
}

export interface ControlCommand {
  readonly name: string;
  readonly description: string;
  readonly reason: 'optional' | 'required';
  /** Sends the message and says in one sentence what will happen. Throws a refusal where nothing can come of it. */
  readonly send: (sending: Sending) => Promise<{ readonly effect: string; readonly gate?: string }>;
}

/** Registers a command that says something to a running release. */
export function registerControl(program: Command, control: ControlCommand): Command {
  const command = program
    .command(control.name)
    .description(control.description)
    .argument('[release]', '<environment>/<service>/<version>')
    .option('-f, --file <manifest>', 'take the release from a manifest')
    .option(
      '--actor <name>',
      'who acts, for the audit trail (default: $SLUICE_ACTOR, the CI system’s word, or user@host)',
    )
    .option('--request-id <id>', 'saying it again with the same id is the same as once (default: a new id)')
    .action((release: string | undefined, _options: ControlOptions, command: Command) => {
      const options = command.optsWithGlobals<ControlOptions>();
      return run(options, () => sendControl(control, release, options));
    });
  const reason = ['--reason <text>', 'why, for the audit trail'] as const;
  return control.reason === 'required' ? command.requiredOption(...reason) : command.option(...reason);
}

async function sendControl(
  control: ControlCommand,
  name: string | undefined,
  options: ControlOptions,
): Promise<Report<ControlReport>> {
  const release = await readRelease({ ...(name && { name }), ...(options.file && { file: options.file }) });
  const said: Control = {
    actor: resolveActor(options.actor),
    reason: options.reason ?? '',
    requestId: options.requestId ?? randomUUID(),
  };
  return withTemporal(async (temporal) => {
    const run = await openRun(temporal, release);
    const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
    const signal: Sending['signal'] = (definition) =>
      temporal.call({ what: `send ${control.name}` }, () => handle.signal(definition, said));
    const { effect, gate } = await control.send({ temporal, run, said, options, signal }).catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? ended(release, 'just now') : error;
    });
    const document: ControlReport = {
      command: control.name,
      ...release.lane,
      version: release.version,
      workflowId: run.workflowId,
      ...said,
      ...(gate === undefined ? {} : { gate }),
      effect: run.status === undefined ? `${effect} No worker answers now: Temporal keeps the message for it.` : effect,
    };
    const text = `${control.name} sent to ${describeRelease(release)} as ${said.actor}.\n${document.effect}`;
    return { exit: 'released', document, text };
  });
}

async function openRun(temporal: Temporal, release: ReleaseRef): Promise<OpenRun> {
  const run = await findRun(temporal, release);
  switch (run.state) {
    case 'running':
      return run;
    case 'silent':
      return { workflowId: run.workflowId, runId: run.runId };
    case 'ended':
      throw ended(release, `as ${run.result.outcome}`);
    case 'broken':
      throw refused(
        `${run.workflowId} ${run.how}; its recovery has not begun`,
        'Wait for the recovery and say it again.',
      );
    case 'absent':
      if (await isQueued(temporal, release.lane, release.version)) {
        throw refused(`${describeRelease(release)} waits in its lane and has not begun`, 'Say it again once it runs.');
      }
      throw refusal(
        'release-unknown',
        `there is no run of ${describeRelease(release)} in Temporal at ${temporal.where}`,
      );
  }
}

function ended(release: ReleaseRef, how: string): ClientError {
  const name = `${laneName(release.lane)}/${release.version}`;
  return refused(`${describeRelease(release)} has ended ${how}`, `Look at it with \`sluice status ${name}\`.`);
}

/** Nothing was sent. */
export function refused(message: string, remedy: string): ClientError {
  return new ClientError({ exit: 'refused', message, remedy });
}

/** Whether somebody waits for that answer; unknown without a status. */
export function expectGate(run: OpenRun, answer: 'approve' | 'retry' | 'skip'): void {
  if (run.status === undefined || run.status.gate?.answers.includes(answer)) return;
  const { gate } = run.status;
  throw refused(
    gate === undefined
      ? `nothing waits for ${answer}: the release is at ${run.status.phase}`
      : `${gate.name} does not take ${answer}: ${gate.reason}`,
    gate === undefined ? 'Look at it with `sluice status`.' : `It takes ${gate.answers.join(' or ')}.`,
  );
}
