import { machine } from '../../figures-page.js';
import { brokenPromises, type Finding, type SoakReport } from './report.js';

/** For a terminal, and as Markdown. */
export function soakText(report: SoakReport): string {
  const { rounds, statements, stall, seed } = report;
  const ended = (end: string) => rounds.filter((round) => round.end === end).length;
  const broken = brokenPromises(report);
  return [
    '# Soak of the schema engine',
    '',
    machine(),
    '',
    ...table(
      ['promise', 'found', 'kept'],
      [
        ['statements that failed', count(report.failed.length), kept(report.failed)],
        ['checks in which the forms of a row differed', count(report.divergent.length), kept(report.divergent)],
        ['acknowledged writes that were lost', count(report.lost.length), kept(report.lost)],
        ['commands of the engine that went wrong', count(report.engine.length), kept(report.engine)],
      ],
    ),
    '',
    `Seed ${seed}, ${report.minutes.toFixed(1)} minutes, ${count(report.rows)} rows in the largest table. ${rounds.length} rounds: ${ended('contract')} contracted, ${ended('rollback')} rolled back, ${ended('cut off')} cut off. ${count(report.kills)} SIGKILLs, ${count(report.checks)} checks of every row.`,
    `Statements: ${count(statements.old)} of the old version, ${count(statements.new)} of the new one.`,
    stall === null
      ? 'No statement was sent.'
      : `Longest: ${ms(stall.ms)} ms in ${stall.phase} of round ${stall.round}, ${stall.version} version: \`${stall.statement}\``,
    '',
    ...table(
      ['while', 'statements', 'p50, ms', 'p99, ms', 'longest, ms'],
      report.latencies.map(({ phase, statements: n, p50, p99, max }) => [phase, count(n), ms(p50), ms(p99), ms(max)]),
    ),
    '',
    ...table(['operation', 'contracted', 'rolled back'], kindsOf(report)),
    '',
    ...report.failed.map(
      (it) =>
        `- failed in ${it.phase} of round ${it.round}, ${it.version} version: ${it.sqlstate} ${it.message}: \`${it.statement}\``,
    ),
    ...found('different', report.divergent),
    ...found('lost', report.lost),
    ...found('engine', report.engine),
    '',
    broken.length === 0 ? 'Every promise was kept.' : `Broken: ${broken.join('; ')}. Again: --seed ${seed}`,
    '',
  ].join('\n');
}

function kindsOf({ rounds }: SoakReport): readonly (readonly string[])[] {
  const kinds = [...new Set(rounds.flatMap((round) => round.kinds))].sort();
  const times = (kind: string, end: string) =>
    count(rounds.filter((round) => round.end === end && round.kinds.includes(kind)).length);
  return kinds.map((kind) => [kind, times(kind, 'contract'), times(kind, 'rollback')]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, n) => (n === 0 ? '---' : '---:'))), ...rows.map(line)];
}

function found(what: string, findings: readonly Finding[]): readonly string[] {
  return findings.map(({ phase, round, words }) => `- ${what} in ${phase} of round ${round}: ${words}`);
}

const kept = (list: readonly unknown[]) => (list.length === 0 ? 'yes' : '**no**');
const count = (value: number) => value.toLocaleString('en');
const ms = (value: number) => (value >= 100 ? count(Math.round(value)) : value.toPrecision(2));
