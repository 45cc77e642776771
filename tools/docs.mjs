// Writes docs/reference/ and schema/ from the code; with --check, only says what is out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { defect, failures } from '../dist/domain/failure.js';
import { lintRules } from '../dist/domain/lint/rules.js';
import { describeWaits } from '../dist/domain/lint/waits.js';
import { metrics } from '../dist/domain/metrics.js';
import { exits } from '../dist/client/exit-codes.js';
import { describeProgram } from '../dist/client/help.js';
import { createProgram } from '../dist/client/program.js';
import { manifestJsonSchema, manifestPartJsonSchema } from '../dist/activities/admission/manifest-json-schema.js';
import { manifestTree } from '../dist/activities/admission/manifest-tree.js';
import { kinds } from '../dist/activities/database/operations/kinds.js';
import { jsonPage } from './json-page.mjs';
import { manifestPage } from './manifest-page.mjs';
import { operationPage, operationsIndex } from './operation-page.mjs';
import { workerEnvironment } from '../dist/workers/environment.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const generated = 'Generated from the code by `node tools/docs.mjs`.';

const program = await createProgram();

const pages = {
  'docs/reference/cli.md': commandLine(describeProgram(program)),
  'docs/reference/json.md': jsonPage(
    // A group prints nothing itself.
    program.commands.flatMap((command) =>
      command.commands.length === 0 ? [command.name()] : command.commands.map((it) => `${command.name()} ${it.name()}`),
    ),
    root,
  ),
  'docs/reference/failure-codes.md': table(
    'Failure codes',
    ['code', 'retried by itself', 'who acts', 'what they do'],
    Object.entries({ ...failures, internal: defect }),
    ([code, failure]) => [`\`${code}\``, failure.retryable ? 'yes' : 'no', failure.actor, failure.remedy],
  ),
  'docs/reference/exit-codes.md': table(
    'Exit codes of `sluice`',
    ['code', 'name', 'meaning'],
    Object.entries(exits),
    ([name, exit]) => [String(exit.code), name, exit.meaning],
  ),
  'docs/reference/lint-rules.md': table(
    'Rules of `sluice db lint`',
    ['rule', 'severity', 'what breaks', 'who waits', 'what to write instead'],
    Object.entries(lintRules),
    ([name, rule]) => [`\`${name}\``, rule.severity, rule.breaks, describeWaits(rule, []), rule.recipe],
    [
      'An `error` makes the command exit with 3; a `warning` is for a person to weigh. A rule is suppressed for one statement',
      'with `-- sluice-ignore: rule why it is safe here`. How to go about it:',
      '[lint schema changes](../how-to/lint-schema-changes.md).',
    ],
  ),
  'docs/reference/operations.md': operationsIndex(kinds),
  ...Object.fromEntries(kinds.map((kind) => [`docs/reference/operations/${kind.name}.md`, operationPage(kind)])),
  'docs/reference/manifest.md': manifestPage(manifestTree),
  'schema/manifest.json': json(manifestJsonSchema()),
  'schema/manifest-part.json': json(manifestPartJsonSchema()),
  'docs/reference/worker-environment.md': table(
    'Environment of the worker',
    ['variable', 'default', 'meaning'],
    Object.entries(z.toJSONSchema(workerEnvironment, { io: 'input' }).properties),
    ([name, { default: preset, description }]) => [
      `\`${name}\``,
      preset === undefined ? (isRequired(name) ? 'must be set' : '') : `\`${preset}\``,
      description,
    ],
    [
      'A variable that is empty counts as not set. All problems are reported at once, and the worker exits with 2.',
      '',
      'The connection to Temporal is what all of Temporal’s programs read: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,',
      '`TEMPORAL_API_KEY`, `TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_KEY_PATH`,',
      '`TEMPORAL_TLS_SERVER_CA_CERT_PATH`, `TEMPORAL_TLS_SERVER_NAME`, or a profile of its configuration file',
      '(`TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`). Credentials for AWS are found as all of AWS’s SDKs find them.',
      'A manifest’s `env:NAME` is read from the variable `NAME` of the worker.',
    ],
  ),
  'docs/reference/metrics.md': table(
    'Metrics of the worker',
    ['name', 'kind', 'labels', 'meaning'],
    Object.values(metrics),
    ({ name, kind, labels, help }) => [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(', '), help],
    [
      'At `/metrics` on `SLUICE_METRICS_PORT`, beside the metrics of Temporal’s SDK (`temporal_…`). Every metric carries',
      '`build_id` as well, and those that come from a workflow or worker `namespace` and `task_queue`. A counter is counted',
      'where the work was done: sum it over all workers.',
    ],
  ),
};

const stale = Object.entries(pages).filter(([name, text]) => read(name) !== text);
if (process.argv.includes('--check')) {
  for (const [name] of stale) console.error(`${name} is not what the code says; run \`node tools/docs.mjs\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [name, text] of stale) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

function json(document) {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function isRequired(name) {
  return z.toJSONSchema(workerEnvironment, { io: 'input' }).required.includes(name);
}

function table(title, head, rows, cells, words = []) {
  const line = (parts) => `| ${parts.join(' | ')} |`;
  const body = [line(head), line(head.map(() => '---')), ...rows.map((row) => line(cells(row)))];
  const intro = [generated, ...(words.length === 0 ? [] : ['', ...words])];
  return `# ${title}\n\n${intro.join('\n')}\n\n${body.join('\n')}\n`;
}

/** Global options stand with `sluice` itself; the other commands name their own. */
function commandLine([program, ...commands]) {
  const list = commands.map(
    ({ name, description }) => `- [\`${name}\`](#${name.replaceAll(' ', '-')}): ${description}`,
  );
  const codes = Object.values(exits).map(({ code, meaning }) => `${code} ${meaning}`);
  return [
    '# The command line',
    generated,
    program.description,
    list.join('\n'),
    '## Options of every command',
    terms(program.options),
    '## Exit codes',
    `${codes.join('; ')}. With their names: [exit codes](exit-codes.md).`,
    ...commands.flatMap((command) => [
      `## ${command.name}`,
      `${command.description[0].toUpperCase()}${command.description.slice(1)}.`,
      fence([command.usage]),
      ...(command.arguments.length === 0 ? [] : [terms(command.arguments)]),
      ...(command.options.length === 0 ? [] : [terms(command.options)]),
      'For example:',
      fence(command.examples),
    ]),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function terms(list) {
  return list.map(({ term, description }) => `- \`${term}\`: ${description}`).join('\n');
}

function fence(lines) {
  return ['```', ...lines, '```'].join('\n');
}

function read(name) {
  try {
    return readFileSync(path.join(root, name), 'utf8');
  } catch {
    return undefined;
  }
}
