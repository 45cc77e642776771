import { durationText } from '../domain/duration.js';
import { describeVerdict, type RollbackVerdict } from '../domain/rollback-verdict.js';
import {
  type ClosedRelation,
  type FileStanding,
  handLane,
  type HistoryEvent,
  type HistoryRow,
  type KeptData,
  type SchemaHistory,
  type SchemaOutcome,
  type SchemaStanding,
  type SoftContract,
  type VersionStanding,
} from '../domain/schema-change.js';
import Table from 'cli-table3';
import { describeTuned } from '../domain/tuning.js';
import { colours } from './colours.js';
import { dateTimeText } from './time-text.js';

export function standingText(standing: SchemaStanding): string {
  const { schema, files, refusals, versions } = standing;
  // A file of operations has all phases; one of SQL stands in the folder of its own.
  const named = (file: FileStanding) => (versions === undefined ? file.file : `${file.phase.padEnd(9)}${file.file}`);
  return [
    `${colours.bold(`schema ${schema}`)}`,
    ...files.map((file) => `  ${stateText(file).padEnd(9)}${named(file)}${rowsText(file)}${tunedText(file)}`),
    ...(versions ?? []).flatMap(versionLines),
    ...verdictLines(standing),
    ...softContractLines(standing),
    ...softRefusalLines(standing),
    ...(standing.unseen ?? []),
    ...refusals.map((refusal) => `${colours.red('refused')}  ${refusal}`),
  ].join('\n');
}

export function verdictLines({ rollback }: { readonly rollback?: RollbackVerdict }): readonly string[] {
  return rollback === undefined ? [] : [describeVerdict(rollback)];
}

/** Whom a soft contract keeps out, or would, and whom it cannot. */
export function softContractLines({ softContract }: { readonly softContract?: SoftContract }): readonly string[] {
  if (softContract === undefined || softContract.closes.length + softContract.cannot.length === 0) return [];
  const { since, closes, keepsOut, cannot } = softContract;
  const out = keepsOut.join(', ') || 'nobody';
  const head =
    since === undefined
      ? `soft contract: would keep out ${out} of ${closes.join(', ') || 'nothing'}`
      : `${colours.yellow(`closed since ${dateTimeText(since)}`)}: keeps out ${out} of ${closes.join(', ')}; \`sluice db contract --reopen\` gives the rights back`;
  return [head, ...cannot.map((line) => `  ${line}`)];
}

/** That it would keep out nobody is told by whom it would. */
function softRefusalLines({ softContract }: SchemaStanding): readonly string[] {
  if (softContract === undefined || softContract.keepsOut.length === 0) return [];
  return softContract.refusals.map((refusal) => `  ${colours.yellow('--soft would be refused')}  ${refusal}`);
}

/** What the new version of the service sets, and what going back from the file loses. */
export function versionLines({ file, searchPath, goingBack }: VersionStanding): readonly string[] {
  return [
    `${file}: the new version sets ${colours.bold(`search_path = ${searchPath}`)}`,
    ...goingBack.map(
      ({ operation, verdict, loses }) => `  ${operation}: ${verdicts[verdict]}; going back loses ${loses}`,
    ),
  ];
}

const verdicts = {
  safe: 'the old version finds all it had',
  shim: 'the old version is kept up by a trigger',
  irreversible: 'cannot be taken back whole',
};

function stateText({ state }: FileStanding): string {
  return state;
}

function rowsText({ rows }: FileStanding): string {
  return rows === undefined ? '' : `  ${colours.dim(`${rows.toLocaleString('en')} rows changed`)}`;
}

function tunedText({ tuned }: FileStanding): string {
  return tuned === undefined ? '' : `  ${colours.yellow(describeTuned(tuned))}`;
}

/** `expand: 2 files done`, and which. */
export function outcomeText(verb: string, { files, rows, batches, softContract, stays = [] }: SchemaOutcome): string {
  if (softContract !== undefined) return closedText(softContract);
  const filled =
    rows === undefined ? '' : `, ${rows.toLocaleString('en')} rows in ${(batches ?? 0).toLocaleString('en')} batches`;
  const count = files.length === 0 ? 'nothing was left to do' : `${files.length} file${files.length === 1 ? '' : 's'}`;
  return [`${verb}: ${count}${filled}`, ...files.map((file) => `  ${file}`), ...stays.map(staysLine)].join('\n');
}

/** Whose rights are back, and what somebody else keeps closed. */
export function reopenedText({ files, stays = [] }: SchemaOutcome): string {
  return [`reopened: ${files.join(', ') || 'nothing was closed'}`, ...stays.map(staysLine)].join('\n');
}

/** `public.orders (code) stays closed, by production/shop: \`sluice db contract --reopen --lane production/shop\` …` */
function staysLine({ what, schema, lane = handLane }: ClosedRelation): string {
  const by = lane === handLane ? '' : ` --lane ${lane}`;
  return `${what} stays closed, by ${lane} in schema ${schema}: \`sluice db contract --reopen${by}\` there gives its rights back`;
}

function closedText(softContract: SoftContract): string {
  if (softContract.closes.length === 0) return 'closed: nothing was left to do';
  return [
    ...softContractLines({ softContract }),
    'Whoever still uses the old version is told "permission denied". When nobody has cried: `sluice db contract`.',
  ].join('\n');
}

/** `"public"."customers" ("code") is kept as public.customers (_sluice_kept_1_3) until …` */
export function keptLine({ what, place, until, isOver }: KeptData): string {
  const over = isOver ? ': `sluice db purge` drops it' : '';
  return `${what} is kept as ${place} until ${dateTimeText(until)}${over}`;
}

export function historyText({ rows, events, closed, kept }: SchemaHistory): string {
  if (rows.length === 0 && events.length === 0) return 'nothing was run in this database yet';
  return [
    ...(rows.length === 0 ? [] : [rowsTable(rows)]),
    ...(events.length === 0 ? [] : [eventsTable(events)]),
    ...closed.map(
      ({ what, since, by, lane = handLane, keepsOut }) =>
        `${what} is closed since ${dateTimeText(since)}, by ${by} of ${lane}: keeps out ${keepsOut.join(', ') || 'nobody'}`,
    ),
    ...kept.map(keptLine),
  ].join('\n');
}

function eventsTable(events: readonly HistoryEvent[]): string {
  const table = new Table({
    head: ['what', 'of', 'schema', 'when', 'by'],
    style: { head: [], border: [], compact: true },
  });
  for (const { event, name, schema, at, by } of events) table.push([event, name, schema, dateTimeText(at), by]);
  return table.toString();
}

function rowsTable(rows: readonly HistoryRow[]): string {
  const head = ['rank', 'version', 'what', 'script', 'when', 'took', 'by', ''];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    table.push([
      row.rank,
      row.version ?? '',
      row.type === 'DELETE' ? 'taken back' : row.type,
      row.script,
      dateTimeText(row.installedOn),
      durationText(row.milliseconds),
      row.installedBy,
      row.success ? '' : colours.red('failed'),
    ]);
  }
  return table.toString();
}
