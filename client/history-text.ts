import Table from 'cli-table3';
import { durationText } from '../domain/duration.js';
import type { PastRelease } from '../domain/history.js';
import { type Lane, laneName } from '../domain/lane.js';

import { colours } from './colours.js';
import { outcomeMark } from './log-text.js';
import type { HistoryReport } from './reports.js';
import { dateTimeText } from './time-text.js';

/** The releases of a lane as a table; the reasons stand below it, since they are sentences. */
export function historyText(report: HistoryReport): string {
  const { releases, more } = report;
  if (releases.length === 0) return `${nameOf(report)}: nothing has been released here`;
  const table = new Table({
    head: ['submitted', 'version', 'outcome', 'who', 'took', 'why'],
    style: { head: [], border: [], compact: true },
  });
  for (const release of releases) {
    const { version, submittedAt, actor, failure } = release;
    table.push([dateTimeText(submittedAt), version, standing(release), actor, took(release), failure?.code ?? '']);
  }
  const reasons = releases.flatMap(({ version, failure }) =>
    failure === undefined ? [] : [`  ${version}: ${failure.message}`],
  );
  const older = more ? ['', 'There are older releases: --limit says how many are shown.'] : [];
  return [nameOf(report), table.toString(), ...reasons, ...older].join('\n');
}

function nameOf(lane: Lane): string {
  return colours.bold(`lane ${laneName(lane)}`);
}

function standing({ state, outcome }: PastRelease): string {
  return outcome === undefined ? colours.cyan(state) : outcomeMark(outcome);
}

/** From the frozen plan to the end: waiting in the lane is no part of it. */
function took({ startedAt, endedAt }: PastRelease): string {
  return startedAt === undefined || endedAt === undefined ? '' : durationText(endedAt - startedAt);
}
