import type { Finding } from '../domain/doctor/doctor.js';
import { colours } from './colours.js';

const marks: Readonly<Record<Finding['verdict'], string>> = {
  ok: colours.green('ok     '),
  warning: colours.yellow('warning'),
  broken: colours.red('broken '),
};

/** A line a finding, what to do below it, and how many are broken. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, verdict, found, remedy }) => [
    `${marks[verdict]}  ${about.padEnd(width)}  ${found}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 11)}${remedy}`]),
  ]);
  const count = (verdict: Finding['verdict']) => findings.filter((it) => it.verdict === verdict).length;
  return [...lines, '', `${count('broken')} broken, ${count('warning')} warnings, ${count('ok')} ok`].join('\n');
}
