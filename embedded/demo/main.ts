import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { colours } from '../../client/colours.js';
import type { Weights } from '../../domain/traffic.js';
import { audit } from '../../examples/shop/shoppers/audit.js';
import { removeStackFile, readStackFile, describeStack, writeStackFile } from '../stack-file.js';
import { type Stack, startStack } from '../stack.js';
import type { ReleaseWatch } from './release-watch.js';
import { renderHtml } from './report-html.js';
import { type DemoReport, type Moment, toMoment, writeReport } from './report.js';
import { type Screen, openScreen } from './screen.js';
import { type Shoppers, startShoppers } from './shoppers.js';
import { tellStory } from './story.js';
import { renderTable } from './table.js';

const { values: options } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    rate: { type: 'string', default: '220' },
    customers: { type: 'string', default: '120000' },
    'state-dir': { type: 'string', default: '.sluice' },
  },
});
const stateDir = path.resolve(options['state-dir']);
const screen = openScreen(process.stdout);
const ends: (() => Promise<unknown>)[] = [];
let ending: Promise<void> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(signal));

try {
  const report = await demo();
  screen.close();
  process.stdout.write(renderTable(report));
  const broken = report.promises.filter(({ kept }) => !kept).length;
  process.stdout.write(`report: ${path.join(stateDir, 'demo', 'report.html')} and report.json\n`);
  if (options.keep) await keep();
  await end();
  process.exit(broken === 0 ? 0 : 1);
} catch (error) {
  screen.close();
  if (ending === undefined)
    process.stderr.write(
      `${colours.red('the demo failed')}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  process.stderr.write(`logs: ${path.join(stateDir, 'logs')}\n`);
  await end();
  process.exit(1);
}

async function demo(): Promise<DemoReport> {
  refuseSecondStack();
  const startedAt = Date.now();
  rmSync(path.join(stateDir, 'demo'), { recursive: true, force: true });
  mkdirSync(path.join(stateDir, 'demo'), { recursive: true });

  const stack = await startStack({
    stateDir,
    customers: Number(options.customers),
    onProgress: (line) => screen.say(line),
  });
  ends.push(() => Promise.resolve(removeStackFile(stateDir)));
  ends.push(() => stack.stop());
  writeStackFile(stateDir, describeStack(stack));
  const connection = await Connection.connect({ address: stack.temporal.address });
  // Never closed: a call that is being retried would throw on a closed channel and spoil the order of the ends.

  screen.say(`Temporal UI ${stack.temporal.uiUrl ?? ''}, shop ${stack.infrastructure.url}`);
  const shoppers = await startShoppers({
    url: stack.infrastructure.url,
    rate: Number(options.rate),
    stateDir,
    oldCustomers: Number(options.customers),
  });
  ends.push(() => shoppers.kill());
  screen.say(`the shoppers come, ${options.rate} requests a second, and will not stop until the end`);

  const picture = paint({ stack, shoppers, screen });
  ends.push(() => Promise.resolve(picture.stop()));
  const story = await tellStory({
    stack,
    client: new Client({ connection }),
    screen,
    shoppers,
    stateDir,
    onChapter: picture.chapter,
  });
  const totals = await shoppers.stop();
  picture.stop();
  screen.say('the shoppers have gone home; every checkout is looked up');
  const last = await audit({ databaseUrl: stack.shopDatabaseUrl, acknowledgedFile: shoppers.acknowledgedFile });

  const report = writeReport({
    startedAt,
    temporalUi: stack.temporal.uiUrl ?? '',
    chapters: story.chapters,
    totals,
    timeline: picture.timeline,
    audits: [...story.audits, last],
    workerKills: story.workerKills,
    backfilledRows: await countFilled(stack),
    wantedRate: Number(options.rate),
  });
  writeFileSync(path.join(stateDir, 'demo', 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(stateDir, 'demo', 'report.html'), renderHtml(report));
  return report;
}

function refuseSecondStack(): void {
  const running = readStackFile(stateDir);
  if (running === undefined) return;
  throw new Error(
    `a stack is running from ${stateDir} already (process ${running.pid}); end it with \`npx sluice down\``,
  );
}

/** Draws what is going on, and keeps one moment a second for the report. */
function paint(parts: { readonly stack: Stack; readonly shoppers: Shoppers; readonly screen: Screen }) {
  const { stack, shoppers } = parts;
  const versions = { blue: '1', green: '–' };
  const timeline: Moment[] = [];
  let title = 'version 1 is live';
  let watch: ReleaseWatch | undefined;
  let weights: Weights = { blue: 100, green: 0 };
  const timer = setInterval(draw, 200);

  function draw(): void {
    const status = watch?.status();
    weights = status?.weights ?? weights;
    while (timeline.length < shoppers.reports.length) {
      const report = shoppers.reports[timeline.length];
      if (report !== undefined) timeline.push(toMoment(report, weights));
    }
    parts.screen.draw({
      title,
      versions,
      weights,
      status,
      report: shoppers.reports.at(-1),
      totals: {
        requests: sum(timeline, (moment) => moment.requests),
        failed: sum(timeline, (moment) => moment.failed),
        acknowledged: shoppers.reports.at(-1)?.acknowledged ?? 0,
      },
      temporalUi: stack.temporal.uiUrl ?? '',
    });
  }

  return {
    timeline,
    chapter(nextTitle: string, next: ReleaseWatch, version: string): void {
      versions[weights.blue === 0 ? 'blue' : 'green'] = version;
      title = nextTitle;
      watch = next;
    },
    stop: () => clearInterval(timer),
  };
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}

/** Customers that were there before version 2 and have both new columns now. */
async function countFilled(stack: Stack): Promise<number> {
  const client = new pg.Client({ connectionString: stack.shopDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from customers where id <= $1 and first_name is not null and last_name is not null',
      [Number(options.customers)],
    );
    return Number(rows[0]?.count ?? 0);
  } finally {
    await client.end();
  }
}

async function keep(): Promise<void> {
  process.stdout.write('the stack stays up until Ctrl-C\n');
  await new Promise(() => setInterval(() => undefined, 60_000));
}

async function leave(signal: string): Promise<void> {
  screen.close();
  process.stderr.write(`${signal}: everything is being stopped\n`);
  await end();
  process.exit(130);
}

function end(): Promise<void> {
  ending ??= (async () => {
    for (const stop of ends.splice(0).reverse())
      await stop().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  })();
  return ending;
}
