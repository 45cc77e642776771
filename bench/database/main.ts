#!/usr/bin/env node
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startPostgres } from '../../embedded/postgres.js';
import { limit, ours, pgroll } from './contenders.js';
import { measure, type Result } from './measure.js';
import { backfillPage } from './page.js';
import { findOrBuildPgroll } from './pgroll.js';
import { variants } from './table.js';

// npm run bench:db: how fast rows are filled, beside pgroll and the one UPDATE that nothing beats, in one run.

const numbers = (text: string, before: readonly number[] = []) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return [...before, Number(text)];
};

const program = new Command('bench:db')
  .option('--json', 'print a document with results[]')
  .option('--write', 'write docs/explanation/backfill-figures.md, too')
  .option('--rows <n>', 'rows of the table; may be repeated (default: 100000 and 1000000)', numbers)
  .option('--rounds <n>', 'of each (default: 3)', numbers)
  .parse();
const {
  json,
  write,
  rows: asked = [100_000, 1_000_000],
  rounds: [rounds = 3] = [],
} = program.opts<{
  json?: boolean;
  write?: boolean;
  rows?: readonly number[];
  rounds?: readonly number[];
}>();

const say = (line: string) => void process.stderr.write(`${line}\n`);
const dataDir = path.resolve('.sluice/bench-db');
rmSync(dataDir, { recursive: true, force: true });
mkdirSync(path.dirname(dataDir), { recursive: true });

const peer = await findOrBuildPgroll(say);
if ('missing' in peer) say(`skipped: ${peer.missing}`);
const contenders = { ours, limit, ...('file' in peer ? { pgroll: pgroll(peer.file) } : {}) };
const results = await measureAll();

const what =
  'file' in peer
    ? `\`pgroll start\` of the same file with pgroll ${peer.version}`
    : `not measured, because ${peer.missing}`;
const page = backfillPage(results, { pgroll: what });
process.stdout.write(json === true ? `${JSON.stringify({ results }, null, 2)}\n` : page);
if (write === true) writeFileSync(path.resolve('docs/explanation/backfill-figures.md'), page);

async function measureAll(): Promise<readonly Result[]> {
  const postgres = await startPostgres({ dataDir });
  try {
    const found: Result[] = [];
    for (const rows of asked) {
      for (const variant of variants) {
        found.push(await measure({ postgres, rows, variant, rounds, contenders, say }));
      }
    }
    return found;
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
