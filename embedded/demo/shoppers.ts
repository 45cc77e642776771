import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Those who are renamed, too. */
  readonly oldCustomers: number;
  /** Default `acknowledged`. */
  readonly remembers?: string;
}): Promise<Shoppers> {
  const acknowledgedFile = path.join(options.stateDir, 'demo', `${options.remembers ?? 'acknowledged'}.jsonl`);
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

/**
 * A few shoppers before the others, until they are answered quickly: the processes of the shop have just been started,
 * and a slow machine would need longer than a shopper waits. They are not counted. After a minute it is quick enough.
 */
export async function warmUp(options: { readonly url: string; readonly stateDir: string }): Promise<void> {
  const few = await startShoppers({ ...options, rate: 30, oldCustomers: 0, remembers: 'warm-up' });
  try {
    const giveUpAt = Date.now() + 60_000;
    const quick = () => few.reports.length > 2 && few.reports.slice(-2).every(({ p99 }) => p99 < 500);
    while (!quick() && Date.now() < giveUpAt) await sleep(200);
    await few.stop();
  } finally {
    await few.kill();
  }
}

function parse(line: string): Report | FinalReport | undefined {
  try {
    return JSON.parse(line) as Report | FinalReport;
  } catch {
    return undefined;
  }
}
