import { createLogUpdate } from 'log-update';
import { colours } from '../../client/colours.js';
import { weightsBar } from '../../client/weights-bar.js';
import type { Colour } from '../../domain/colour.js';
import { durationText } from '../../domain/duration.js';
import type { ReleaseStatus } from '../../domain/release-state.js';
import type { Weights } from '../../domain/traffic.js';
import type { Report } from '../../examples/shop/shoppers/crowd.js';

/** What a person sees: a live picture on a terminal, plain lines elsewhere. */
export interface Screen {
  /** A sentence that stays. */
  say(line: string): void;
  /** The picture of the moment; call it as often as you like. */
  draw(picture: Picture): void;
  /** Nothing is shown any more. */
  close(): void;
}

export interface Picture {
  readonly title: string;
  readonly versions: Readonly<Record<Colour, string>>;
  readonly weights: Weights;
  readonly status: ReleaseStatus | undefined;
  readonly report: Report | undefined;
  readonly totals: { readonly requests: number; readonly failed: number; readonly acknowledged: number };
  readonly temporalUi: string;
}

const lineEveryMs = 5_000;

export function openScreen(stream: NodeJS.WriteStream): Screen {
  const began = Date.now();
  const clock = (): string => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    return colours.dim(`${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`);
  };
  const screen = stream.isTTY ? liveScreen(stream, clock) : plainScreen(stream, clock);
  let closed = false;
  return {
    say: (line) => void (closed || screen.say(line)),
    draw: (picture) => void (closed || screen.draw(picture)),
    close() {
      if (!closed) screen.close();
      closed = true;
    },
  };
}

function liveScreen(stream: NodeJS.WriteStream, clock: () => string): Screen {
  const update = createLogUpdate(stream, { showCursor: true });
  return {
    say(line) {
      update.clear();
      stream.write(`${clock()}  ${line}\n`);
    },
    draw: (picture) => update(renderPicture(picture, clock())),
    close: () => update.clear(),
  };
}

function plainScreen(stream: NodeJS.WriteStream, clock: () => string): Screen {
  let next = 0;
  return {
    say: (line) => void stream.write(`${clock()}  ${line}\n`),
    draw(picture) {
      if (Date.now() < next) return;
      next = Date.now() + lineEveryMs;
      stream.write(`${clock()}  ${colours.dim(trafficLine(picture))}\n`);
    },
    close: () => undefined,
  };
}

function renderPicture(picture: Picture, time: string): string {
  const { status, weights, versions } = picture;
  const bar = (colour: Colour): string => `${weightsBar(colour, weights)}  version ${versions[colour]}`;
  const steps = (status?.steps ?? []).slice(-8).map(({ name, startedAt, endedAt, note }) => {
    const took = durationText((endedAt ?? Date.now()) - startedAt).padStart(10);
    return `${endedAt === undefined ? colours.yellow('▸') : colours.green('✓')} ${took}  ${name.padEnd(24)}${colours.dim((note ?? '').slice(0, 70))}`;
  });
  const held =
    status?.paused === undefined ? '' : colours.yellow(`  paused by ${status.paused.actor}: ${status.paused.reason}`);
  return [
    '',
    `${time}  ${colours.bold(picture.title)}${held}`,
    '',
    `  ${bar('blue')}`,
    `  ${bar('green')}`,
    '',
    `  ${trafficLine(picture)}`,
    '',
    ...steps.map((step) => `  ${step}`),
    '',
    colours.dim(`  Temporal UI ${picture.temporalUi}`),
  ].join('\n');
}

function trafficLine({ report, totals, weights }: Picture): string {
  const now =
    report === undefined
      ? 'no shoppers yet'
      : `${report.requests} requests/s${perVersion(report)}, p50 ${report.p50.toFixed(0)} ms, p99 ${report.p99.toFixed(0)} ms`;
  const failed = totals.failed === 0 ? colours.green('0 failed') : colours.red(`${totals.failed} failed`);
  return `blue ${weights.blue} green ${weights.green} · ${now} · ${totals.requests} requests, ${failed}, ${totals.acknowledged} checkouts`;
}

/** ` (v1 198, v2 22)` */
function perVersion({ byVersion }: Report): string {
  const counts = Object.entries(byVersion).map(([version, { requests }]) => `v${version} ${requests}`);
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}
