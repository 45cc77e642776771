import type { FileStanding, HistoryRow, SchemaOutcome, SchemaStanding } from '../domain/schema-change.js';
import Table from 'cli-table3';
import { colours } from './colours.js';
import { dateTimeText, durationText } from './time-text.js';

export function standingText({ schema, files, refusals }: SchemaStanding): string {
  return [
    `${colours.bold(`schema ${schema}`)}`,
    ...files.map((file) => `  ${stateText(file).padEnd(9)}${file.file}${rowsText(file)}`),
    ...refusals.map((refusal) => `${colours.red('refused')}  ${refusal}`),
  ].join('\n');
}

function stateText({ state }: FileStanding): string {
  return state;
}

function rowsText({ rows }: FileStanding): string {
  return rows === undefined ? '' : `  ${colours.dim(`${rows.toLocaleString('en')} rows changed`)}`;
}

/** `expand: 2 files done`, and which. */
export function outcomeText(verb: string, { files, rows, batches }: SchemaOutcome): string {
  const filled =
    rows === undefined ? '' : `, ${rows.toLocaleString('en')} rows in ${(batches ?? 0).toLocaleString('en')} batches`;
  const count = files.length === 0 ? 'nothing was left to do' : `${files.length} file${files.length === 1 ? '' : 's'}`;
  return [`${verb}: ${count}${filled}`, ...files.map((file) => `  ${file}`)].join('\n');
}

export function historyText(rows: readonly HistoryRow[]): string {
  if (rows.length === 0) return 'flyway_schema_history is empty, or is not there';
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
