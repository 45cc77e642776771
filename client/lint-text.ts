import { counted } from '../domain/counted.js';
import type { LintFinding, LintLayer, LintReport, ObservedStatement } from '../domain/lint/finding.js';
import { colours } from './colours.js';

/** Every finding with what to do, what the dry run saw, and on what it all stands. */
export function lintText({ files, statements, findings, layers, observed }: LintReport): string {
  const count = (severity: LintFinding['severity']) => findings.filter((it) => it.severity === severity).length;
  const found = [counted(count('error'), 'error'), counted(count('warning'), 'warning')].join(', ');
  return [
    ...findings.flatMap((finding) => [...findingLines(finding), '']),
    ...(observed.length === 0 ? [] : ['dry run, on a copy of the schema:', ...observed.map(observedLine), '']),
    `${counted(files.length, 'file')}, ${counted(statements, 'statement')}: ${found}`,
    ...layers.map(layerLine),
  ].join('\n');
}

function findingLines({ file, line, column, ...finding }: LintFinding): string[] {
  const paint = finding.severity === 'error' ? colours.red : colours.yellow;
  const rows = [
    ['breaks', finding.breaks],
    ['waits', finding.waits],
    ['instead', finding.recipe],
  ];
  return [
    `${file}:${line}:${column}: ${paint(finding.severity)} ${colours.bold(finding.rule)}: ${finding.what}`,
    ...(finding.statement === '' ? [] : [colours.dim(`    ${finding.statement}`)]),
    ...rows.map(([name = '', text]) => `  ${name.padEnd(9)}${text}`),
  ];
}

function observedLine({ file, line, statement, phase, locks, rewritten }: ObservedStatement): string {
  const locked = locks.map(({ relation, mode }) => `${relation} ${mode}`).join(', ') || 'no locks';
  const anew = rewritten.length === 0 ? '' : colours.red(`; rewrites ${rewritten.join(', ')}`);
  const when = phase === undefined ? '' : `${phase}: `;
  return `  ${file}:${line}: ${when}${statement}\n      ${locked}${anew}`;
}

function layerLine({ name, ran, detail }: LintLayer): string {
  return `  ${name.padEnd(12)}${ran ? '' : colours.yellow('skipped: ')}${detail}`;
}
