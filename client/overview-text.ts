import Table from 'cli-table3';
import { laneName } from '../domain/lane.js';
import { colours } from './colours.js';
import { recordedPause, recordedTraffic } from './render.js';
import type { LaneWork, OpenRelease, OverviewReport, Recorded } from './reports.js';
import { dateTimeText } from './time-text.js';

/** All lanes with work as a table; what a release waits for stands below it, since these are sentences. */
export function overviewText({ lanes, more }: OverviewReport): string {
  if (lanes.length === 0) return 'nothing runs or waits in any lane';
  const table = new Table({
    head: ['lane', 'running', 'phase', 'began', 'traffic', 'queued'],
    style: { head: [], border: [], compact: true },
  });
  for (const lane of lanes) table.push(...rowsOf(lane));
  const reasons = lanes.flatMap((lane) => lane.releases.flatMap((release) => reasonLines(lane, release)));
  const silent = lanes.some(({ queued }) => queued === undefined);
  return [
    table.toString(),
    ...reasons,
    ...(silent
      ? [
          colours.yellow(
            'Where it says ?, the lane did not answer: no worker does for it, or its own run is gone. Only the ledger knows what waits.',
          ),
        ]
      : []),
    ...(more ? ['There is more than can be listed: Temporal’s UI lists all, SluiceLane IS NOT NULL.'] : []),
  ].join('\n');
}

function rowsOf(lane: LaneWork): string[][] {
  const queued = lane.queued === undefined ? '?' : lane.queued.join(', ');
  const none: readonly (OpenRelease | undefined)[] = [undefined];
  return (lane.releases.length === 0 ? none : lane.releases).map((release, index) => [
    laneName(lane),
    release?.version ?? 'nothing',
    phaseText(release),
    release?.recorded === undefined ? '' : dateTimeText(release.recorded.startedAt),
    release?.recorded === undefined ? '' : (recordedTraffic(release.recorded) ?? ''),
    index === 0 ? queued : '',
  ]);
}

function phaseText(release: OpenRelease | undefined): string {
  if (release === undefined) return '';
  switch (release.state) {
    case 'begins':
      return 'it begins';
    case 'lost':
      return 'lost: its recovery has not begun';
    case 'running':
      return phaseOf(release.recorded);
  }
}

function phaseOf(recorded: Recorded | undefined): string {
  const phase = textOf(recorded?.searchAttributes.SluicePhase);
  return phase === 'needs-operator' ? colours.red(phase) : phase;
}

function reasonLines(lane: LaneWork, { version, recorded }: OpenRelease): string[] {
  const said = [
    ['waits at', recorded?.memo.waitsFor],
    ['paused by', recorded === undefined ? undefined : recordedPause(recorded)],
  ] as const;
  const name = `${laneName(lane)}/${version}`;
  const lines = said.flatMap(([words, text]) => (typeof text === 'string' ? [`  ${name} ${words} ${text}`] : []));
  return lines.length === 0 ? [] : [...lines, `    sluice status ${name}`];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
