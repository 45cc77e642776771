import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { Plan } from '../domain/plan.js';
import { searchAttributeNames } from '../domain/search-attributes.js';
import { weightsFor } from '../domain/traffic.js';
import type { Measurement } from '../domain/verdict.js';
import { releaseTaskQueue } from '../domain/wire-names.js';
import { locateTemporal } from '../embedded/temporal/locate.js';
import { startTemporal } from '../embedded/temporal/server.js';
import { activityInterceptor } from '../workers/activity-interceptor.js';
import { type Figure, quantile, spreadOf } from './figure.js';

const warmUp = 20;
const rounds = 60;

/** What the workflow itself costs: a release whose activities do nothing, against as many activities and timers alone. */
export async function measureOrchestration(logFile: string): Promise<readonly Figure[]> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const temporal = await startTemporal({
    binary: await locateTemporal({ log: () => undefined }),
    logFile,
    headless: true,
    searchAttributes: Object.fromEntries(searchAttributeNames.map((name) => [name, 'Keyword' as const])),
  });
  try {
    const client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    const connection = await NativeConnection.connect({ address: temporal.address });
    const worker = await Worker.create({
      connection,
      taskQueue: releaseTaskQueue,
      workflowBundle: await bundle(),
      activities: { ...idleActivities, nothing: () => Promise.resolve() },
      interceptors: { activity: [activityInterceptor] },
    });
    const figures = await worker.runUntil(() => compare(client));
    await connection.close();
    return figures;
  } finally {
    await temporal.stop();
  }
}

function bundle(): Promise<{ readonly code: string }> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
  const workflowsPath = fileURLToPath(new URL('orchestration-workflows.js', import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger: quiet });
}

async function compare(client: Client): Promise<readonly Figure[]> {
  const shape = await shapeOf(client, await runRelease(client, 'shape'));
  const ratios: number[] = [];
  const releases: number[] = [];
  for (let i = 0; i < warmUp + rounds; i++) {
    // In turns, so that what else the machine does falls on both.
    const peer = await timed(() => runPeer(client, i, shape));
    const release = await timed(() => runRelease(client, String(i)));
    if (i < warmUp) continue;
    ratios.push(release / peer);
    releases.push(release);
  }
  return [
    {
      name: 'orchestration of a release, against as many activities and timers alone',
      unit: 'ratio',
      value: quantile(ratios, 0.5),
      limit: { atMost: 1.2 },
      spread: spreadOf(ratios),
      how: `median of ${rounds} pairs, one after the other; ${shape.activities} activities that do nothing and ${shape.timers} timers of 1 ms in each`,
    },
    {
      name: 'a whole release with activities that do nothing',
      unit: 'ms',
      value: quantile(releases, 0.5),
      spread: spreadOf(releases),
      how: 'median, from the start of the workflow until its result is read',
    },
  ];
}

interface Shape {
  readonly activities: number;
  readonly timers: number;
}

async function shapeOf(client: Client, workflowId: string): Promise<Shape> {
  const { events = [] } = await client.workflow.getHandle(workflowId).fetchHistory();
  return {
    activities: events?.filter((event) => event.activityTaskScheduledEventAttributes).length ?? 0,
    timers: events?.filter((event) => event.timerStartedEventAttributes).length ?? 0,
  };
}

async function runRelease(client: Client, version: string): Promise<string> {
  const handle: WorkflowHandle = await client.workflow.start('release', {
    workflowId: `release/bench/shop/${version}`,
    taskQueue: releaseTaskQueue,
    args: [{ release: { lane: { environment: 'bench', service: 'shop' }, version } }],
  });
  const result = (await handle.result()) as { readonly outcome: string };
  if (result.outcome !== 'released')
    throw new Error(`expected the release to end released, it ended ${result.outcome}`);
  return handle.workflowId;
}

async function runPeer(client: Client, i: number, shape: Shape): Promise<void> {
  await client.workflow.execute('nothingButActivities', {
    workflowId: `peer/${i}`,
    taskQueue: releaseTaskQueue,
    args: [shape],
  });
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

const plan: Omit<Plan, 'lane' | 'version'> = {
  image: 'shop@sha256:0',
  live: 'blue',
  idle: 'green',
  desiredCount: 2,
  canary: {
    steps: [10, 50].map((weight) => ({ weight, bakeMs: 1 })),
    judge: { minRequests: 1, errorRatioMargin: 0.01, p99Factor: 1.5, p99MarginMs: 50, minErrors: 2 },
    periodSeconds: 1,
    metricsLagMs: 0,
    extraBakes: 0,
  },
  warmWindowMs: 1,
  rolloutTimeoutMs: 60_000,
  patienceMs: 60_000,
  settleMs: 1,
  database: { expand: true, backfill: true, contract: true, quietWindowMs: 1, contractApproval: 'automatic' },
  steps: [],
};

const healthy = { requests: 1_000, errors: 0, p99Ms: 40 };

/** Every activity of a release that goes well, without a world behind it. */
const idleActivities = {
  admit: (release: object) =>
    Promise.resolve({ plan: { ...release, ...plan }, generation: 1, weights: weightsFor('blue', 100) }),
  provision: () => Promise.resolve('shop:2'),
  migrate: () => Promise.resolve(),
  deploy: () => Promise.resolve(),
  awaitRollout: () => Promise.resolve(),
  smoke: () => Promise.resolve('1 paths answered: /'),
  shift: ({ percent }: { readonly percent: number }) => Promise.resolve(weightsFor('green', percent)),
  watchRule: () => Promise.resolve(),
  measure: (): Promise<Measurement> =>
    Promise.resolve({ kind: 'measured', fromMs: 0, toMs: 1, colours: { blue: healthy, green: healthy } }),
  awaitNoRequests: () => Promise.resolve(),
  retire: () => Promise.resolve(),
  awaitRetired: () => Promise.resolve(),
  awaitContractEvidence: () => Promise.resolve('gone'),
  endRelease: () => Promise.resolve(),
};
