import { durationText } from '../domain/duration.js';
import { didNotSucceed, type Gate, type ReleaseStatus, type StepRecord } from '../domain/release-state.js';
import { describeWeights, sameWeights } from '../domain/traffic.js';

/** One line of a release as it goes. */
export interface ProgressLine {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

/** What changed between two answers of a run; everything so far when there was no answer before. */
export function progressBetween(before: ReleaseStatus | undefined, now: ReleaseStatus, at: number): ProgressLine[] {
  const lines = [
    ...now.steps.flatMap((step, i) => stepLines(before?.steps[i], step)),
    ...now.decisions
      .slice(before?.decisions.length ?? 0)
      .map(({ at, actor, text }) => ({ at, text: `${actor}: ${text}` })),
  ].sort((a, b) => a.at - b.at);
  return [...lines, ...currentLines(before, now).map((text) => ({ at, text }))];
}

function stepLines(before: StepRecord | undefined, now: StepRecord): ProgressLine[] {
  const lines: ProgressLine[] = [];
  if (before === undefined && now.endedAt === undefined) lines.push({ at: now.startedAt, text: now.name });
  if (now.endedAt !== undefined && before?.endedAt === undefined) {
    const took = durationText(now.endedAt - now.startedAt);
    const note = now.note === undefined ? '' : `: ${now.note}`;
    const text = now.note === didNotSucceed ? `${didNotSucceed}, after ${took}` : `done in ${took}${note}`;
    lines.push({ at: now.endedAt, text: `${now.name} ${text}` });
  }
  return lines;
}

function currentLines(before: ReleaseStatus | undefined, now: ReleaseStatus): string[] {
  const lines: string[] = [];
  const moved =
    now.weights !== undefined && (before?.weights === undefined || !sameWeights(before.weights, now.weights));
  if (now.weights !== undefined && moved) lines.push(`traffic: ${describeWeights(now.weights)}`);
  if (now.paused !== undefined && before?.paused === undefined) {
    lines.push(`paused by ${now.paused.actor}${now.paused.reason === '' ? '' : `: ${now.paused.reason}`}`);
  }
  if (now.paused === undefined && before?.paused !== undefined) lines.push('resumed');
  if (now.gate !== undefined && before?.gate?.name !== now.gate.name) lines.push(describeGate(now.gate));
  return lines;
}

/** `waits at canary 25 %: … (approve or abort)` */
export function describeGate(gate: Gate): string {
  return `waits at ${gate.name}: ${gate.reason} (${gate.answers.join(' or ')})`;
}
