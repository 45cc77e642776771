import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { FinalReport, Report } from '../../examples/shop/shoppers/crowd.js';
import { type Child, startChild } from '../child.js';
import { packageRoot } from '../package-root.js';

/** The shoppers of the demo: a process of their own, so that nothing else slows them down. */
export interface Shoppers {
  readonly acknowledgedFile: string;
  /** One a second since the start. */
  readonly reports: readonly Report[];
  /** Lets those inside finish, and answers with the totals. */
  stop(): Promise<FinalReport>;
  kill(): Promise<void>;
}

export async function startShoppers(options: {
  readonly url: string;
  readonly rate: number;
  readonly stateDir: string;
  readonly oldCustomers: number;
}): Promise<Shoppers> {
  const acknowledgedFile = path.join(options.stateDir, 'demo', 'acknowledged.jsonl');
  mkdirSync(path.dirname(acknowledgedFile), { recursive: true });
  const reports: Report[] = [];
  let last: FinalReport | undefined;
  const child: Child<unknown> = await startChild({
    name: 'shoppers',
    command: process.execPath,
    args: [
      path.join(packageRoot, 'dist', 'examples', 'shop', 'shoppers', 'main.js'),
      ...['--url', options.url],
      ...['--rate', String(options.rate)],
      ...['--acknowledged', acknowledgedFile],
      ...['--old-customers', String(options.oldCustomers)],
    ],
    log: (line) => {
      const report = parse(line);
      if (report === undefined) return;
      if ('final' in report) last = report;
      else reports.push(report);
    },
    ready: (line) => (parse(line) === undefined ? undefined : true),
  });
  return {
    acknowledgedFile,
    reports,
    async stop() {
      await child.stop({ graceMs: 20_000 });
      if (last === undefined) throw new Error('the shoppers ended without their totals');
      return last;
    },
    async kill() {
      await child.kill();
    },
  };
}

function parse(line: string): Report | FinalReport | undefined {
  try {
    return JSON.parse(line) as Report | FinalReport;
  } catch {
    return undefined;
  }
}
