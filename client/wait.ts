import { type ReleaseRef, describeRelease, laneName, releaseWorkflowId } from '../domain/lane.js';
import type { ReleaseResult } from '../domain/release-state.js';
import type { SubmitAnswer } from '../workflows/messages.js';
import { answerCommands } from './answers.js';
import { ask } from './ask.js';
import type { Temporal } from './connection.js';
import { noRun } from './find-release.js';
import { type FollowEnd, follow } from './follow.js';
import { describeGate } from './progress.js';
import { openProgressView } from './progress-view.js';
import { nextStepsText, resultText } from './render.js';
import type { ReleaseReport, Report } from './reports.js';
import type { GlobalOptions } from './run.js';

/** Follows a release with progress lines (on stderr with `--json`) and reports its end. Ctrl-C only detaches. */
export async function waitForRelease(wait: {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly options: GlobalOptions;
  readonly stopAtOperator: boolean;
  /** How the release was submitted, when this command did. */
  readonly answer?: SubmitAnswer;
  readonly ignoredRunId?: string;
}): Promise<Report<ReleaseReport>> {
  const { temporal, release, options } = wait;
  const interrupted = new AbortController();
  const detach = () => interrupted.abort();
  process.once('SIGINT', detach).once('SIGTERM', detach);
  const view = openProgressView(options);
  try {
    const end = await follow({
      ...wait,
      detach: interrupted.signal,
      onLine: view.line,
      onStand: view.stand,
    });
    return await report({ temporal, release, end, ...(wait.answer === undefined ? {} : { answer: wait.answer }) });
  } finally {
    view.close();
    process.off('SIGINT', detach).off('SIGTERM', detach);
  }
}

async function report(waited: {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly end: FollowEnd;
  readonly answer?: SubmitAnswer;
}): Promise<Report<ReleaseReport>> {
  const { temporal, release, end, answer } = waited;
  const workflowId = end.workflowId ?? answer?.workflowId ?? releaseWorkflowId(release.lane, release.version);
  const ui = temporal.uiOf(workflowId);
  const base = {
    ...release.lane,
    ...(answer === undefined
      ? {}
      : { releaseId: answer.releaseId, manifestHash: answer.manifestHash, attached: answer.attached }),
    version: release.version,
    workflowId,
    ...(end.status === undefined ? {} : { status: end.status }),
    ...(ui === undefined ? {} : { ui }),
  };
  const next = nextStepsText(release, ui);
  switch (end.kind) {
    case 'ended': {
      return endReport(base, end.result);
    }
    case 'needs-operator': {
      const gate = end.status?.gate;
      const waits = gate === undefined ? '' : `\n  ${describeGate(gate)}`;
      const answers = gate === undefined ? [] : answerCommands(release, gate).map((command) => `  ${command}`);
      return {
        exit: 'needs-operator',
        document: { ...base, state: 'needs-operator' },
        text: [`${describeRelease(release)} needs an operator.${waits}`, ...answers, next].join('\n'),
      };
    }
    case 'detached':
      return {
        exit: 'detached',
        document: { ...base, state: 'detached' },
        text: `Detached. ${describeRelease(release)} goes on by itself:\n${next}`,
      };
    case 'gone': {
      const result = answer !== undefined || end.waited ? await withdrawn(temporal, release) : undefined;
      if (result !== undefined) return endReport(base, result);
      throw noRun(release, temporal);
    }
  }
}

function endReport(base: Omit<ReleaseReport, 'state'>, result: ReleaseResult): Report<ReleaseReport> {
  const { outcome, failure, trafficBackMs } = result;
  const why = failure === undefined ? {} : { failure };
  const back = trafficBackMs === undefined ? {} : { trafficBackMs };
  return { exit: outcome, document: { ...base, state: 'ended', outcome, ...why, ...back }, text: resultText(result) };
}

/** A release that was taken out of its lane has no run that could say so: the ledger does. */
async function withdrawn(temporal: Temporal, release: ReleaseRef): Promise<ReleaseResult | undefined> {
  const about = `${laneName(release.lane)}/${release.version}`;
  const { outcome, failure } = (await ask(temporal, { question: 'releaseLog', about, asked: release })).release;
  if (outcome === undefined) return undefined;
  return { lane: release.lane, version: release.version, outcome, ...(failure === undefined ? {} : { failure }) };
}
