import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { leashCut } from '../leash.js';
import { type CrowdOptions, startCrowd } from './crowd.js';

/**
 * The shoppers as a process. Prints a JSON line a second (`Report`) and, after SIGTERM, SIGINT or a line `stop` on
 * stdin, one with the totals (`FinalReport`); then exits 0.
 */
async function main(): Promise<void> {
  const crowd = startCrowd(readOptions(process.argv.slice(2)));
  const ticking = setInterval(() => print(crowd.report()), 1_000);
  await toldToStop();
  clearInterval(ticking);
  print(await crowd.stop());
  process.exit(0);
}

function readOptions(args: readonly string[]): CrowdOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      rate: { type: 'string', default: '220' },
      acknowledged: { type: 'string' },
      'old-customers': { type: 'string', default: '0' },
      'bad-versions': { type: 'string', default: '3' },
    },
  });
  if (!values.url || !URL.canParse(values.url)) throw new Error(`expected --url http://HOST:PORT, got ${values.url}`);
  if (!values.acknowledged) throw new Error('expected --acknowledged FILE, got none');
  return {
    url: new URL(values.url).origin,
    rate: numberFrom('--rate', values.rate),
    acknowledgedFile: values.acknowledged,
    oldCustomers: numberFrom('--old-customers', values['old-customers']),
    badVersions: values['bad-versions'].split(',').filter(Boolean),
  };
}

function numberFrom(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`expected a whole number after ${flag}, got ${text}`);
  return Number(text);
}

async function toldToStop(): Promise<void> {
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line.trim() === 'stop') resolve();
    });
  });
  await Promise.race([told, leashCut()]);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main().catch((error: Error) => {
  console.error(`the shoppers cannot go on: ${error.message}`);
  process.exit(1);
});
