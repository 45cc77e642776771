import { cpus, totalmem, type } from 'node:os';
import { type Figure, type Limit, holds } from './figure.js';

/** `docs/explanation/figures.md`, with the machine it was measured on. */
export function figuresPage(figures: readonly Figure[]): string {
  return [
    '# Figures',
    '',
    'Measured by `npm run bench -- --write`, which wrote this page. Nothing on it was typed in.',
    '',
    machine(),
    '',
    '| figure | value | limit | kept | samples | min | median | max |',
    '| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |',
    ...figures.map(row),
    '',
    ...figures.map(({ name, how }) => `- **${name}**: ${how}.`),
    '',
  ].join('\n');
}

/** What it was measured on, and when. */
export function machine(): string {
  const [cpu] = cpus();
  return `Machine: ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}, Node ${process.version}. ${new Date().toISOString().slice(0, 10)}.`;
}

function row(figure: Figure): string {
  const { name, unit, value, limit, spread } = figure;
  const kept = limit === undefined ? '' : holds(figure) ? 'yes' : '**no**';
  const cells = [
    name,
    `${text(value)} ${unit}`,
    limit === undefined ? '' : limitText(limit),
    kept,
    String(spread.samples),
    ...[spread.min, spread.median, spread.max].map(text),
  ];
  return `| ${cells.join(' | ')} |`;
}

function limitText(limit: Limit): string {
  return 'atMost' in limit ? `at most ${text(limit.atMost)}` : `at least ${text(limit.atLeast)}`;
}

/** Three digits that say something. */
function text(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
