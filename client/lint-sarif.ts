import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Log, ReportingDescriptor, Result } from 'sarif';
import type { LintFinding, LintReport } from '../domain/lint/finding.js';
import { type RuleName, lintRules } from '../domain/lint/rules.js';

/** A log of SARIF 2.1.0 with one run, its rules those that were found. */
export function lintSarif({ findings, layers }: LintReport): string {
  const found = [...new Set(findings.map(({ rule }) => rule))];
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'sluice', rules: found.map(descriptor) } },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: layers
              .filter(({ ran }) => !ran)
              .map(({ name, detail }) => ({ level: 'note', message: { text: `${name} skipped: ${detail}` } })),
          },
        ],
        results: findings.map((finding) => result(finding, found.indexOf(finding.rule))),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

function descriptor(id: RuleName): ReportingDescriptor {
  const { severity, breaks, recipe } = lintRules[id];
  return {
    id,
    shortDescription: { text: sentence(breaks) },
    help: { text: `Instead: ${recipe}.` },
    defaultConfiguration: { level: severity },
  };
}

function result(finding: LintFinding, ruleIndex: number): Result {
  const { file, line, column, statement, rule, severity, what, breaks, waits, recipe } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: `${sentence(what)} ${sentence(breaks)} Waits: ${waits}. Instead: ${recipe}.` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: {
            startLine: line,
            startColumn: column,
            ...(statement === '' ? {} : { snippet: { text: statement } }),
          },
        },
      },
    ],
  };
}

/** A relative one stays relative: whoever reads the log knows the folder it was made in. */
function uriOf(file: string): string {
  if (path.isAbsolute(file)) return pathToFileURL(file).href;
  return file.split(path.sep).map(encodeURIComponent).join('/');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
