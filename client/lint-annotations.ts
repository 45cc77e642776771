import type { LintFinding, LintReport } from '../domain/lint/finding.js';

/** Workflow commands of GitHub Actions: one line a finding, which it shows at the line of the file. */
export function lintAnnotations({ findings, layers }: LintReport): string {
  const skipped = layers
    .filter(({ ran }) => !ran)
    .map(({ name, detail }) => `::notice title=${property('sluice db lint')}::${data(`${name} skipped: ${detail}`)}`);
  return [...findings.map(annotation), ...skipped].join('\n');
}

function annotation({ file, line, column, rule, severity, what, breaks, waits, recipe }: LintFinding): string {
  const place = `file=${property(file)},line=${line},col=${column},title=${property(rule)}`;
  return `::${severity} ${place}::${data(`${what}: ${breaks}.\nWaits: ${waits}.\nInstead: ${recipe}.`)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
