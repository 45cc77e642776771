import { machine } from '../figures-page.js';
import type { Result } from './measure.js';

/** `docs/explanation/backfill-figures.md`. */
export function backfillPage(results: readonly Result[], { pgroll }: { readonly pgroll: string }): string {
  return [
    '# How fast rows are filled',
    '',
    'Measured by `npm run bench:db -- --write`, which wrote this page. Nothing on it was typed in.',
    '',
    machine(),
    '',
    '| rows | table | sluice, rows/s | pgroll, rows/s | one UPDATE, rows/s | to pgroll | to one UPDATE |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: |',
    ...results.map(row),
    '',
    `A column is added and filled with \`upper(name)\`, in a table of four columns that was analysed. Each figure is the median of its rounds (${[...new Set(results.map(({ rounds }) => rounds))].join(', ')}), with the slowest and the fastest in parentheses; the contenders take turns, each on a table of its own, and what one takes for a table of one row is left out.`,
    '',
    '- **sluice**: `backfill` of the operation `add_column`, without pauses, until every row is proven filled.',
    `- **pgroll**: ${pgroll}.`,
    '- **one UPDATE**: of the whole table, without triggers: the limit, and what nobody does to a table in use.',
    '',
  ].join('\n');
}

function row(result: Result): string {
  const { rows, variant, ratioToPgroll, ratioToLimit, spread } = result;
  const rate = (name: 'ours' | 'pgroll' | 'limit') => {
    const [value, range] = [result[name], spread[name]];
    return value === null || range === null ? 'not measured' : `${count(value)} (${range.map(count).join(' to ')})`;
  };
  const cells = [
    count(rows),
    variant,
    rate('ours'),
    rate('pgroll'),
    rate('limit'),
    ratioToPgroll === null ? '' : ratioToPgroll.toPrecision(3),
    ratioToLimit.toPrecision(3),
  ];
  return `| ${cells.join(' | ')} |`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
