import { machine } from '../figures-page.js';
import type { Beside } from './beside.js';
import { unpaced } from './contenders.js';
import type { LongTable } from './long-table.js';
import type { Result } from './measure.js';

export interface Figures {
  readonly results: readonly Result[];
  /** Absent where it was left out. */
  readonly beside?: Beside;
  readonly long?: LongTable;
}

/** `docs/explanation/backfill-figures.md`. */
export function backfillPage({ results, beside, long }: Figures, { pgroll }: { readonly pgroll: string }): string {
  const rounds = [...new Set(results.map((result) => result.rounds))].join(', ');
  return [
    '# How fast rows are filled, and what others feel of it',
    '',
    'Measured by `npm run bench:db -- --write`, which wrote this page. Nothing on it was typed in.',
    '',
    machine(),
    '',
    'The server is as one in use, and the same for all: a gigabyte of memory for its pages (`shared_buffers`), everything it says is committed is on its disk, and a gigabyte of its log to use again (`min_wal_size`): one that must make a segment of 16 MB holds up every commit until its disk has it, and a backfill fills segments. All else is as Postgres comes.',
    '',
    ...(beside === undefined ? [] : besideLines(beside)),
    '## How fast',
    '',
    '| rows | table | sluice, rows/s | with one job, rows/s | pgroll, rows/s | one UPDATE, rows/s | to pgroll | to one UPDATE | log a row: sluice, pgroll, UPDATE |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...results.map(row),
    '',
    `A column is added and filled with \`upper(name)\`, in a table of four columns. Each figure is the median of ${rounds} rounds, with the slowest and the fastest in parentheses; the contenders take turns, each on a table of its own, and what one takes for a table of one row is left out. A freshly loaded table has been neither vacuumed nor analysed.`,
    '',
    `- **sluice**: \`backfill\` of the operation \`add_column\` without pauses, with batches of ${unpaced.pacing.targetMs} ms, at as many parts of the table at once as the machine has cores, and without waiting for autovacuum (\`--pace full --batch-ms ${unpaced.pacing.targetMs} --jobs ${unpaced.jobs} --brake vacuum=off\`), until every row is proven filled. **With one job**: the same with \`--jobs 1\`.`,
    `- **pgroll**: ${pgroll}.`,
    '- **one UPDATE**: of the whole table, without triggers: the limit of one session, and what nobody does to a table in use.',
    '',
    ...(long === undefined ? [] : longLines(long)),
  ].join('\n');
}

function besideLines({ rows, rounds, failed, p99, stall }: Beside): readonly string[] {
  return [
    '## What a service feels',
    '',
    '| what | alone | beside it | limit | kept |',
    '| --- | ---: | ---: | ---: | --- |',
    `| p99 of a statement, beside a backfill with the default pace | ${ms(p99.baseline)} | ${ms(p99.backfill)} | ${ms(p99.baseline + p99.limit)} | ${kept(p99.added <= p99.limit)} |`,
    `| longest wait of a statement, beside expand while somebody else holds the table | ${ms(stall.baseline)} | ${ms(stall.longest)} | ${ms(stall.limit)} | ${kept(stall.longest <= stall.limit)} |`,
    `| statements that failed | | ${failed} | 0 | ${kept(failed === 0)} |`,
    '',
    `A service of 800 statements a second in four sessions, three of ten an UPDATE, on a table of ${count(rows)} rows; medians of ${rounds} rounds. Of p99 the rounds added ${p99.spread.map(ms).join(' to ')}; the longest waits were ${stall.spread.map(ms).join(' to ')}. A wait counts from when the statement was due. The backfill filled ${count(p99.rowsPerSecond)} rows/s meanwhile. The limit of the wait is the lock timeout of one attempt and 10 ms.`,
    '',
  ];
}

function longLines({ rows, rowsPerSecond, batches, memory }: LongTable): readonly string[] {
  return [
    '## A long table',
    '',
    `${count(rows)} rows, in ${count(batches)} batches at ${count(rowsPerSecond)} rows/s: the engine’s process held at most ${count(memory.first)} MB in the first tenth, and ${count(memory.last)} MB in the last.`,
    '',
  ];
}

function row(result: Result): string {
  const { rows, variant, ratioToPgroll, ratioToLimit, spread, walPerRow } = result;
  const rate = (name: 'ours' | 'oneJob' | 'pgroll' | 'limit') => {
    const [value, range] = [result[name], spread[name]];
    return value === null || range === null ? 'not measured' : `${count(value)} (${range.map(count).join(' to ')})`;
  };
  const wal = (['ours', 'pgroll', 'limit'] as const).map((name) => {
    const bytes = walPerRow[name];
    return bytes === null ? '–' : count(bytes);
  });
  const cells = [
    count(rows),
    variant,
    rate('ours'),
    rate('oneJob'),
    rate('pgroll'),
    rate('limit'),
    ratioToPgroll === null ? '' : ratioToPgroll.toPrecision(3),
    ratioToLimit.toPrecision(3),
    `${wal.join(', ')} bytes`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function kept(isKept: boolean): string {
  return isKept ? 'yes' : '**no**';
}
