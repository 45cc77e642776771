#!/usr/bin/env node
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Postgres, startPostgres } from '../../embedded/postgres.js';
import { measureBeside } from './beside.js';
import { limit, ours, oursWithOneJob, pgroll } from './contenders.js';
import { measureLongTable } from './long-table.js';
import { measure, type Result } from './measure.js';
import { backfillPage, type Figures } from './page.js';
import { findOrBuildPgroll } from './pgroll.js';
import { inDatabase, type Variant, variants } from './table.js';

// npm run bench:db: how fast rows are filled, beside pgroll and the one UPDATE that nothing beats, and what a service feels
// of it, in one run.

const number = (text: string) => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};
const numbers = (text: string, before: readonly number[] = []) => [...before, number(text)];

const program = new Command('bench:db')
  .option('--json', 'print a document with results[]')
  .option('--write', 'write docs/explanation/backfill-figures.md, too')
  .option('--rows <n>', 'rows of the table; may be repeated (default: 100000 and 1000000)', numbers)
  .addOption(new Option('--variant <names...>', 'of the table').choices(variants).default(variants))
  .option('--rounds <n>', 'of each', number, 3)
  .option('--beside-rows <n>', 'rows of the table that a service uses meanwhile; 0 leaves that out', number, 1_000_000)
  .option('--long-rows <n>', 'rows of the table that memory is measured with; 0 leaves that out', number, 10_000_000)
  .parse();
const {
  json,
  write,
  rows: asked = [100_000, 1_000_000],
  variant: kinds,
  rounds,
  besideRows,
  longRows,
} = program.opts<{
  readonly json?: boolean;
  readonly write?: boolean;
  readonly rows?: readonly number[];
  readonly variant: readonly Variant[];
  readonly rounds: number;
  readonly besideRows: number;
  readonly longRows: number;
}>();

const say = (line: string) => void process.stderr.write(`${line}\n`);
const dataDir = path.resolve('.sluice/bench-db');
rmSync(dataDir, { recursive: true, force: true });
mkdirSync(path.dirname(dataDir), { recursive: true });

const peer = await findOrBuildPgroll(say);
if ('missing' in peer) say(`skipped: ${peer.missing}`);
const contenders = { ours, oneJob: oursWithOneJob, limit, ...('file' in peer ? { pgroll: pgroll(peer.file) } : {}) };
const figures = await measureAll();

const what =
  'file' in peer
    ? `\`pgroll start\` of the same file with pgroll ${peer.version}`
    : `not measured, because ${peer.missing}`;
const page = backfillPage(figures, { pgroll: what });
process.stdout.write(json === true ? `${JSON.stringify(figures, null, 2)}\n` : page);
if (write === true) writeFileSync(path.resolve('docs/explanation/backfill-figures.md'), page);

async function measureAll(): Promise<Figures> {
  const postgres = await startServer();
  try {
    const beside = besideRows > 0 ? { beside: await measureBeside({ postgres, rows: besideRows, rounds, say }) } : {};
    const results: Result[] = [];
    for (const rows of asked) {
      for (const variant of kinds) {
        results.push(await measure({ postgres, rows, variant, rounds, contenders, say }));
      }
    }
    const long = longRows > 0 ? { long: await measureLongTable(postgres, longRows) } : {};
    return { results, ...beside, ...long };
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** It keeps what was committed, as a server of one's own does, and has the memory of one; that of a new one is a laptop's. */
async function startServer(): Promise<Postgres> {
  const made = await startPostgres({ dataDir, durable: true });
  try {
    await inDatabase(made.url('postgres'), (client) => client.query(`alter system set shared_buffers = '1GB'`));
  } finally {
    await made.stop();
  }
  const postgres = await startPostgres({ dataDir, durable: true });
  try {
    await makeLogSegments(postgres);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/**
 * Gives the server as many segments of log to use again as one that has been in use has. One that has to make a segment
 * holds up every commit for as long as its disk takes for 16 MB, whoever it is that writes.
 */
async function makeLogSegments(postgres: Postgres): Promise<void> {
  await inDatabase(postgres.url('postgres'), async (client) => {
    await client.query(`alter system set min_wal_size = '1GB'`);
    await client.query('select pg_reload_conf()');
    for (let segment = 0; segment < 60; segment++) {
      await client.query(`select pg_logical_emit_message(false, '', '')`);
      await client.query('select pg_switch_wal()');
    }
    await client.query('checkpoint');
  });
}
