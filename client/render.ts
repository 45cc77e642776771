import Table from 'cli-table3';
import { durationText } from '../domain/duration.js';
import type { ReleaseRef } from '../domain/lane.js';
import { describeRelease, laneName } from '../domain/lane.js';
import type { Outcome, ReleaseResult, ReleaseStatus } from '../domain/release-state.js';
import { endedRemedy } from '../domain/remedy.js';
import { describeWeights } from '../domain/traffic.js';
import { answerCommands } from './answers.js';
import { colours } from './colours.js';
import { type ProgressLine, describeGate } from './progress.js';
import { type Pending, describePending } from './pending.js';
import type { Recorded } from './reports.js';
import { dateTimeText } from './time-text.js';

/** `10:03:12  canary 5 %` */
export function progressText({ at, text }: ProgressLine): string {
  return `${colours.dim(clock(at))}  ${text}`;
}

/** How a release ended, with the numbers and the remedy. */
export function resultText(result: ReleaseResult): string {
  const { outcome, failure, trafficBackMs } = result;
  const back = trafficBackMs === undefined ? '' : `; traffic was back after ${durationText(trafficBackMs)}`;
  const lines = [`${describeRelease(result)} ${outcomeText(outcome)}${back}`];
  if (failure !== undefined) lines.push(`  ${failure.code}: ${failure.message}`);
  if (failure !== undefined) lines.push(`  ${endedRemedy(failure.code, outcome)}`);
  return lines.join('\n');
}

export function outcomeText(outcome: Outcome): string {
  switch (outcome) {
    case 'released':
      return colours.green('is released');
    case 'rolled-back':
      return colours.yellow('is rolled back: the old version has all traffic');
    case 'needs-operator':
      return colours.red('ended and needs an operator');
    case 'refused':
      return colours.red('was refused; nothing was changed');
  }
}

/** By the traffic once it has ended: what was idle when it was planned may be live then. */
function liveRow({ live, idle, weights, result }: ReleaseStatus): readonly [string, string] | undefined {
  if (live === undefined || idle === undefined) return live && ['live', live];
  const [now, other] = result !== undefined && weights?.[idle] === 100 ? [idle, live] : [live, idle];
  return ['live', `${now}, idle ${other}`];
}

/** What was read back last is not what is there once somebody has changed the rule. */
function asLeft(waitsFor: unknown): string {
  return typeof waitsFor === 'string' && waitsFor.includes('traffic-drift: ') ? ' (as sluice left it)' : '';
}

/** Where a run has recorded its traffic, and what of it is not of now. */
export function recordedTraffic({ memo }: Recorded): string | undefined {
  return typeof memo.weights === 'string' ? `${memo.weights}${asLeft(memo.waitsFor)}` : undefined;
}

/** Who holds it; nobody where it is on its way back. */
export function recordedPause({ memo, searchAttributes }: Recorded): string | undefined {
  const holds = searchAttributes.SluicePhase !== 'roll-back';
  return holds && typeof memo.paused === 'string' ? memo.paused : undefined;
}

/** Everything `status` knows, for a person. */
export function statusText(status: ReleaseStatus, pending: readonly Pending[] = []): string {
  const { submittedBy, phase, step, weights, paused, goingBack, gate, lastVerdict, result } = status;
  const rows: (readonly [string, string] | undefined)[] = [
    ['phase', phase],
    step === '' ? undefined : ['step', step],
    submittedBy === undefined ? undefined : ['asked by', submittedBy],
    weights && ['traffic', `${describeWeights(weights)}${asLeft(gate?.reason)}`],
    liveRow(status),
    // No pause holds the way back.
    goingBack
      ? undefined
      : paused && ['paused', `by ${paused.actor}${paused.reason === '' ? '' : `: ${paused.reason}`}`],
    gate && ['waits', describeGate(gate).replace(/^waits /, '')],
    ...(gate === undefined ? [] : answerCommands(status, gate).map((command) => ['', command] as const)),
    lastVerdict && ['verdict', `${lastVerdict.kind}: ${lastVerdict.reason}`],
  ];
  const facts = factLines(rows.filter((row) => row !== undefined));
  const end = result === undefined ? [] : ['', resultText(result)];
  return [
    colours.bold(describeRelease(status)),
    ...facts,
    ...pendingLines(pending),
    '',
    stepTable(status),
    ...decisionLines(status),
    ...end,
  ]
    .join('\n')
    .trimEnd();
}

/** What is on just now, and since when. */
export function pendingLines(pending: readonly Pending[]): string[] {
  return pending.map((it) => `  ${'on'.padEnd(9)}${describePending(it)} (since ${clock(it.since)})`);
}

function stepTable({ steps }: ReleaseStatus): string {
  if (steps.length === 0) return '';
  const table = new Table({ head: ['began', 'step', 'took', ''], style: { head: [], border: [], compact: true } });
  for (const step of steps) {
    const took = step.endedAt === undefined ? colours.cyan('on') : durationText(step.endedAt - step.startedAt);
    table.push([clock(step.startedAt), step.name, took, step.note ?? '']);
  }
  return table.toString();
}

function decisionLines({ decisions }: ReleaseStatus): string[] {
  return decisions.map(({ at, actor, text }) => `  ${clock(at)}  ${actor}: ${text}`);
}

/** The last recorded state, and that it is no more than that: in the words of `status`, as far as a run writes them down. */
export function recordedText(recorded: Recorded): string {
  const { startedAt, searchAttributes, memo } = recorded;
  const paused = recordedPause(recorded);
  const rows = [
    ['began', dateTimeText(startedAt)],
    ['phase', searchAttributes.SluicePhase],
    ['ended', searchAttributes.SluiceOutcome],
    ['traffic', recordedTraffic(recorded)],
    ['live', typeof memo.live === 'string' ? `${memo.live}, idle ${String(memo.idle)}` : undefined],
    ['paused', paused === undefined ? undefined : `by ${paused}`],
    ['waits', typeof memo.waitsFor === 'string' ? `at ${memo.waitsFor}` : undefined],
    ['why', memo.failure],
  ] as const;
  return [
    colours.yellow('  No worker answered. This is the last recorded state, not an answer of now:'),
    ...factLines(rows.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : []))),
  ].join('\n');
}

function factLines(rows: readonly (readonly [name: string, value: string])[]): readonly string[] {
  return rows.map(([name, value]) => {
    // Padded before it is painted: what paints it has a length, too.
    const head = name.padEnd(9);
    return `  ${name === 'waits' ? colours.yellow(head) : head}${value}`;
  });
}

/** Where to look and what to type next, after a release was handed over. */
export function nextStepsText(release: ReleaseRef, ui: string | undefined): string {
  const name = `${laneName(release.lane)}/${release.version}`;
  return [`  sluice watch ${name}`, `  sluice status ${name}`, ...(ui === undefined ? [] : [`  ${ui}`])].join('\n');
}

function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
