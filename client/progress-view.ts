import { createLogUpdate } from 'log-update';
import { durationText } from '../domain/duration.js';
import { describeRelease } from '../domain/lane.js';
import type { ReleaseStatus } from '../domain/release-state.js';
import { colours } from './colours.js';
import { type Pending, describePending } from './pending.js';
import { type ProgressLine, describeGate } from './progress.js';
import { progressText } from './render.js';
import { print } from './run.js';
import { weightsBar } from './weights-bar.js';

/** Where a followed release is shown. */
export interface ProgressView {
  /** What changed; it stays. */
  line(line: ProgressLine): void;
  /** Where it stands now; the next one takes its place. */
  stand(status: ReleaseStatus, pending: readonly Pending[]): void;
  close(): void;
}

/** A live view on a terminal, plain lines elsewhere; lines go to stderr when stdout is for one JSON document. */
export function openProgressView({ json }: { readonly json?: boolean }): ProgressView {
  if (json || !process.stdout.isTTY || process.env.TERM === 'dumb') {
    return { line: (line) => print(json ? 2 : 1, progressText(line)), stand: () => {}, close: () => {} };
  }
  const update = createLogUpdate(process.stdout, { showCursor: true });
  return {
    line(line) {
      update.clear();
      print(1, progressText(line));
    },
    stand: (status, pending) => update(standText(status, pending)),
    close: () => update.clear(),
  };
}

export function standText(status: ReleaseStatus, pending: readonly Pending[], now = Date.now()): string {
  const { phase, weights, gate, paused, lastVerdict } = status;
  const step = status.steps.at(-1);
  const on =
    step?.endedAt === undefined && step !== undefined ? `, ${step.name} for ${durationText(now - step.startedAt)}` : '';
  return [
    '',
    `${colours.bold(describeRelease(status))}  ${phase}${on}`,
    ...(weights === undefined ? [] : [weightsBar('blue', weights), weightsBar('green', weights)]),
    ...(lastVerdict === undefined ? [] : [colours.dim(`${lastVerdict.kind}: ${lastVerdict.reason}`)]),
    ...pending.map((it) => colours.dim(describePending(it))),
    ...(paused === undefined ? [] : [colours.yellow(`paused by ${paused.actor}: ${paused.reason}`)]),
    ...(gate === undefined ? [] : [colours.yellow(describeGate(gate))]),
  ].join('\n');
}
