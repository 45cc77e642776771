#!/usr/bin/env node
import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startPostgres } from '../../../embedded/postgres.js';
import { brokenPromises } from './report.js';
import { soakText } from './report-text.js';
import { soak } from './soak.js';

// npm run soak:db: takes a shop's schema through change after change while two versions of it are in use, and exits with
// 1 when a promise was broken. Ctrl-C ends it early, with its report.

const positive = (text: string) => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0.');
  return value;
};
const whole = (text: string) => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};

const { minutes, rows, rate, seed, json, write } = new Command('soak:db')
  .option('--minutes <n>', 'how long rounds are begun', positive, 60)
  .option('--rows <n>', 'of the largest table, at least 1000', whole, 200_000)
  .option('--rate <n>', 'what the clients of each version do in a second', positive, 100)
  .option('--seed <n>', 'repeats what chance decides (default: any)', whole)
  .option('--json', 'print the report as a document')
  .option('--write <file>', 'write the report as Markdown, too')
  .parse()
  .opts<{ minutes: number; rows: number; rate: number; seed?: number; json?: boolean; write?: string }>();

const say = (line: string) => void process.stderr.write(`${line}\n`);
const stop = new AbortController();
process.once('SIGINT', () => {
  say('ends with the phase that is under way');
  stop.abort();
});
process.once('SIGTERM', () => stop.abort());

const folder = path.resolve(`.sluice/soak-db-${process.pid}`);
mkdirSync(folder, { recursive: true });
const chosen = seed ?? randomInt(1, 1_000_000_000);
say(`seed ${chosen}`);
const postgres = await startPostgres({ dataDir: path.join(folder, 'data'), statementCounts: true });
try {
  const clients = 3;
  const report = await soak({
    postgres,
    dir: path.join(folder, 'migrations'),
    ...{ minutes, rows: Math.max(1_000, rows), seed: chosen, clients, actsPerSecond: rate / clients },
    ...{ signal: stop.signal, say },
  });
  const broken = brokenPromises(report);
  process.stdout.write(json === true ? `${JSON.stringify({ ...report, broken }, null, 2)}\n` : soakText(report));
  if (write !== undefined) writeFileSync(path.resolve(write), soakText(report));
  process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
