import Table from 'cli-table3';
import { colours } from '../../client/colours.js';
import type { DemoReport } from './report.js';

/** The table's own colours ignore NO_COLOR and pipes; ours do not. */
const plain = { style: { head: [], border: [], compact: true } };

/** What the demo prints at the end. */
export function renderTable(report: DemoReport): string {
  const releases = new Table({
    ...plain,
    head: ['version', 'outcome', 'seconds', 'traffic back', 'why'],
    wordWrap: true,
    colWidths: [9, 14, 9, 14, 64],
  });
  for (const { version, outcome, seconds, rollbackSeconds, reason } of report.releases) {
    const back = rollbackSeconds === null ? '' : `${rollbackSeconds.toFixed(3)} s`;
    releases.push([version, outcome, seconds.toFixed(1), back, reason ?? '']);
  }
  const promises = new Table({
    ...plain,
    head: ['', 'promise', 'found'],
    wordWrap: true,
    colWidths: [8, 50, 64],
  });
  for (const { promise, kept, found } of report.promises) {
    promises.push([kept ? colours.green('kept') : colours.red('BROKEN'), promise, found]);
  }
  const bad = `${report.badVersionErrors} requests were answered with version 3's own error before it was sent back.`;
  const findings = report.auditFindings.map((finding) => `${colours.red('audit:')} ${finding}\n`).join('');
  return `${releases.toString()}\n${promises.toString()}\n${findings}${failureLines(report)}${bad}\n`;
}

/** Each reason once, with how many of the failures that were kept have it. */
function failureLines({ failures }: DemoReport): string {
  const counts = new Map<string, number>();
  for (const { reason } of failures) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${colours.red(`failed, ${count} times:`)} ${reason}\n`).join('');
}
