import { durationText } from '../domain/duration.js';
import { failures } from '../domain/failure.js';
import { describeRelease } from '../domain/lane.js';
import type { Preview, PreviewMigration, PreviewStep } from '../domain/preview.js';
import { describeWeights } from '../domain/traffic.js';
import { colours } from './colours.js';
import { outcomeText } from './render.js';
import type { PlanReport } from './reports.js';
import { softContractLines, verdictLines, versionLines } from './schema-text.js';

/** What a release would do, for a person; why it would not stands at the end, where it is not overlooked. */
export function planText(report: PlanReport): string {
  const { environment, service, version, steps, migrations, refusals } = report;
  const name = describeRelease({ lane: { environment, service }, version });
  const paragraphs = [
    [colours.bold(name), ...standingLines(report)],
    stepLines(steps),
    migrations.flatMap(migrationLines),
    [
      ...(report.versions ?? []).flatMap(versionLines),
      ...verdictLines(report),
      ...toleratedLines(report),
      ...softContractLines(report),
      ...(report.unseen ?? []),
    ],
    lintLines(report),
    durationLines(report),
    refusals.length > 0 ? refusalLines(report) : [goLine(report)],
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function standingLines({ weights, plan, waitsBehind, submitted }: Preview): string[] {
  const traffic = weights === undefined ? [] : [`  traffic now: ${describeWeights(weights)}`];
  const colour = plan === undefined ? [] : [`  ${plan.live} is live, ${plan.idle} gets the new version`];
  const again = 'it is planned again when they have ended';
  const queue = waitsBehind.length === 0 ? [] : [`  would wait behind ${waitsBehind.join(', ')}; ${again}`];
  const older =
    plan?.acceptOlderImage === undefined ? [] : [`  takes an image from before a contract: ${plan.acceptOlderImage}`];
  return [
    ...traffic,
    ...colour,
    ...older.map(colours.yellow),
    ...queue.map(colours.yellow),
    ...submittedLines(submitted),
  ];
}

/** Which versions the schema goes with: until contract the one that is live, too. */
function toleratedLines({ plan }: Preview): string[] {
  if (plan?.database?.contract !== true) return [];
  return [
    `  after contract: version ${plan.database.oldestVersion ?? plan.version} and later; until then the live one, too`,
  ];
}

function goLine({ submitted }: Preview): string {
  return submitted === undefined
    ? 'It would go ahead. Nothing was changed.'
    : 'Nothing would be started, and nothing was changed.';
}

function submittedLines(submitted: Preview['submitted']): string[] {
  if (submitted === undefined) return [];
  const { state, outcome } = submitted;
  const standing = outcome === undefined ? `is ${state}` : outcomeText(outcome);
  return [colours.yellow(`  has been submitted and ${standing}: to submit it again starts nothing`)];
}

/** The way back is told where it changes. */
function stepLines(steps: readonly PreviewStep[]): string[] {
  const width = Math.max(0, ...steps.map(({ name }) => name.length));
  return steps.flatMap((step, i) => {
    const { wayBack, pointOfNoReturn, name, detail, weights } = step;
    const same = steps[i - 1]?.wayBack.detail === wayBack.detail;
    const traffic = weights === undefined ? '' : ` (${describeWeights(weights)})`;
    return [
      ...(pointOfNoReturn ? [colours.red('  -- point of no return --')] : []),
      ...(same ? [] : [colours.dim(`  way back: ${wayBack.detail}`)]),
      `    ${name.padEnd(width)}  ${detail}${traffic}${timeText(step)}`,
    ];
  });
}

function timeText({ waitMs, workMs }: PreviewStep): string {
  const parts = [
    ...(waitMs === 0 ? [] : [`waits ${durationText(waitMs)}`]),
    ...(workMs === undefined || workMs < 1_000 ? [] : [`took ${durationText(workMs)} before`]),
  ];
  return parts.length === 0 ? '' : colours.dim(`  [${parts.join(', ')}]`);
}

function migrationLines({ kind, file, applied, statements }: PreviewMigration): string[] {
  const mark = kind === 'undo' ? ' (only on the way back)' : applied === true ? ' (applied already: left out)' : '';
  return [
    `  ${colours.bold(file)}${mark}`,
    ...statements.map((statement) => `${statement};`.replace(/^/gm, '    ').replace(/[ ]+$/gm, '')),
  ];
}

/** Warnings all of them: a plan is refused for what cannot be run, not for what may hurt. */
function lintLines({ lint }: Preview): string[] {
  if (lint === undefined || lint.findings.length === 0) return [];
  const lines = lint.findings.map(({ file, line, column, rule, what, breaks }) =>
    colours.yellow(`  ${file}:${line}:${column}: ${rule}: ${what}: ${breaks}`),
  );
  const more = lint.more === 0 ? [] : [`  and ${lint.more} more`];
  return [
    'The migrations may hurt what is running; `sluice db lint` tells who waits, and what to write instead:',
    ...lines,
    ...more,
  ];
}

function durationLines({ duration, steps }: Preview): string[] {
  if (duration === undefined) return [];
  const { expectedMs, atLeast, earlierReleases } = duration;
  const unknown = steps.filter(({ workMs }) => workMs === undefined).map(({ name }) => name);
  const before = earlierReleases === 1 ? 'the release before' : `the last ${earlierReleases} releases`;
  const known = earlierReleases === 0 ? 'the waits alone' : `the waits, and the work as in ${before}`;
  const missing = earlierReleases > 0 && unknown.length > 0 ? `; nothing is known of ${unknown.join(', ')}` : '';
  return [`Expected duration: ${atLeast ? 'at least' : 'about'} ${durationText(expectedMs)} (${known}${missing})`];
}

function refusalLines({ refusals }: Preview): string[] {
  return [
    colours.red('It would be refused. Nothing was changed.'),
    ...refusals.flatMap(({ code, message }) => [
      `  ${colours.red(code)}: ${message}`,
      ...(code === 'internal' ? [] : [`    ${failures[code].remedy}`]),
    ]),
  ];
}
