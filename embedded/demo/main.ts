import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { colours } from '../../client/colours.js';
import { audit } from '../../examples/shop/shoppers/audit.js';
import { removeStackFile, readStackFile, describeStack, writeStackFile } from '../stack-file.js';
import { type Stack, startStack } from '../stack.js';
import { wordsOf } from './chapter.js';
import { type DemoOptions, demoHelp, readOptions } from './options.js';
import { paint } from './picture.js';
import { renderHtml } from './report-html.js';
import { type DemoReport, exitCodeOf, writeReport } from './report.js';
import { fromNowOn } from './saturation.js';
import { openScreen } from './screen.js';
import { startShoppers, warmUp } from './shoppers.js';
import { tellStory } from './story.js';
import { renderTable } from './table.js';

const options = asked();
const stateDir = path.resolve(options.stateDir);
const screen = openScreen(process.stdout);
const ends: (() => Promise<unknown>)[] = [];
let ending: Promise<void> | undefined;
/** Once the story has been told. */
let exitCode: 0 | 1 | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(signal));

try {
  const report = await demo();
  exitCode = exitCodeOf(report);
  screen.close();
  process.stdout.write(renderTable(report));
  process.stdout.write(`report: ${path.join(stateDir, 'demo', 'report.html')} and report.json\n`);
  if (options.keep) await keep();
  await end();
  process.exit(exitCode);
} catch (error) {
  screen.close();
  if (ending === undefined) process.stderr.write(`${colours.red('the demo failed')}: ${wordsOf(error)}\n`);
  process.stderr.write(`logs: ${path.join(stateDir, 'logs')}\n`);
  await end();
  process.exit(1);
}

function asked(): DemoOptions {
  try {
    const found = readOptions(process.argv.slice(2));
    if (found !== 'help') return found;
    process.stdout.write(demoHelp);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\nnpm run demo -- --help tells the options\n`);
    process.exit(2);
  }
}

/** From the moment the shoppers are there, it ends with a report, whatever dies. */
async function demo(): Promise<DemoReport> {
  refuseSecondStack();
  const startedAt = Date.now();
  rmSync(path.join(stateDir, 'demo'), { recursive: true, force: true });
  mkdirSync(path.join(stateDir, 'demo'), { recursive: true });

  const stack = await startStack({
    stateDir,
    customers: options.customers,
    onProgress: (line) => screen.say(line),
  });
  ends.push(() => Promise.resolve(removeStackFile(stateDir)));
  ends.push(() => stack.stop());
  writeStackFile(stateDir, describeStack(stack));
  const connection = await Connection.connect({ address: stack.temporal.address });
  // Never closed: a call that is being retried would throw on a closed channel and spoil the order of the ends.

  screen.say(`Temporal UI ${stack.temporal.uiUrl ?? ''}, shop ${stack.infrastructure.url}`);
  screen.say('the first few shoppers warm it up');
  await warmUp({ url: stack.infrastructure.url, stateDir });
  const saturationSince = await fromNowOn(stack.simulator.ready.endpoint);
  const shoppers = await startShoppers({
    url: stack.infrastructure.url,
    rate: options.rate,
    stateDir,
    oldCustomers: options.customers,
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
    customers: options.customers,
    onChapter: picture.chapter,
  });
  const troubles: string[] = [];
  const attempt = <T>(what: string, work: () => Promise<T>): Promise<T | undefined> =>
    work().catch((error: unknown) => void troubles.push(`${what}: ${wordsOf(error)}`));
  const totals = await attempt('the totals of the shoppers', () => shoppers.stop());
  const saturation = await saturationSince();
  picture.stop();
  screen.say('the shoppers have gone home; every checkout is looked up');
  const { acknowledgedFile } = shoppers;
  const end = await attempt('the last audit', () => audit({ databaseUrl: stack.shopDatabaseUrl, acknowledgedFile }));
  const backfilledRows = await attempt('the rows of the backfill', () => countBackfilled(stack));
  // What breaks when everything is being stopped is nobody's fault, and no report.
  if (ending !== undefined) return new Promise<never>(() => undefined);

  const report = writeReport({
    ...story,
    startedAt,
    temporalUi: stack.temporal.uiUrl ?? '',
    ...(totals && { totals }),
    timeline: picture.timeline,
    audits: { ...story.audits, ...(end && { end }) },
    backfilledRows: backfilledRows ?? 0,
    wantedRate: options.rate,
    ...(saturation && { saturation }),
    troubles,
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

/** What the backfill itself has written down, batch by batch. */
async function countBackfilled(stack: Stack): Promise<number> {
  const client = new pg.Client({ connectionString: stack.shopDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ rows: string | null }>(
      'select sum(rows) as rows from sluice.schema_backfill',
    );
    return Number(rows[0]?.rows ?? 0);
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
  process.exit(exitCode ?? 130);
}

function end(): Promise<void> {
  ending ??= (async () => {
    for (const stop of ends.splice(0).reverse())
      await stop().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  })();
  return ending;
}
