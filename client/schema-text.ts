import { durationText } from '../domain/duration.js';
import { describeVerdict, type RollbackVerdict } from '../domain/rollback-verdict.js';
import type {
  FileStanding,
  HistoryEvent,
  HistoryRow,
  SchemaHistory,
  SchemaOutcome,
  SchemaStanding,
  VersionStanding,
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
    ...refusals.map((refusal) => `${colours.red('refused')}  ${refusal}`),
  ].join('\n');
}

export function verdictLines({ rollback }: { readonly rollback?: RollbackVerdict }): readonly string[] {
  return rollback === undefined ? [] : [describeVerdict(rollback)];
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
export function outcomeText(verb: string, { files, rows, batches }: SchemaOutcome): string {
  const filled =
    rows === undefined ? '' : `, ${rows.toLocaleString('en')} rows in ${(batches ?? 0).toLocaleString('en')} batches`;
  const count = files.length === 0 ? 'nothing was left to do' : `${files.length} file${files.length === 1 ? '' : 's'}`;
  return [`${verb}: ${count}${filled}`, ...files.map((file) => `  ${file}`)].join('\n');
}

export function historyText({ rows, events }: SchemaHistory): string {
  if (rows.length === 0 && events.length === 0) return 'nothing was run in this database yet';
  return [...(rows.length === 0 ? [] : [rowsTable(rows)]), ...(events.length === 0 ? [] : [eventsTable(events)])].join(
    '\n',
  );
}

function eventsTable(events: readonly HistoryEvent[]): string {
  const table = new Table({
    head: ['what', 'migration', 'schema', 'when', 'by'],
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
