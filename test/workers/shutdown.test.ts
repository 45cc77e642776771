import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openLedger } from '../../activities/ledger/pg-ledger.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { reaper } from '../../workflows/reaper.js';
import { validManifest } from '../activities/admission/valid-manifest.js';
import '../support/quiet-runtime.js';
import { bundleWorkflows } from '../workflows/workflow-bundle.js';
import type { measuring } from './measuring-workflow.js';
import { type WorkerProcess, withWorkerProcesses } from './worker-process.js';

const workers = withWorkerProcesses();
const soon = { timeout: 30_000 };
const sessions: pg.Client[] = [];

// Workflows of the test's own, in its own process, that ask the worker process for activities.
const bystanders = `bystanders-${randomUUID()}`;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const connection = await NativeConnection.connect({ address: workers.address });
  ends.push(() => connection.close());
  const workflowsPath = fileURLToPath(new URL('measuring-workflow.ts', import.meta.url));
  const bundle = await bundleWorkflows({ workflowsPath });
  const worker = await Worker.create({
    connection,
    namespace: workers.namespace,
    taskQueue: bystanders,
    workflowBundle: bundle,
  });
  const ran = worker.run();
  ends.push(() => (worker.shutdown(), ran));
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.end();
});

/** Holds the ledger's table of releases, so that whoever asks for them waits in the middle of an activity. */
async function holdLedger(): Promise<{ waiting(): Promise<number>; letGo(): Promise<unknown> }> {
  const session = new pg.Client({ connectionString: workers.ledgerUrl });
  sessions.push(session);
  await session.connect();
  await session.query('begin; lock table sluice.release in access exclusive mode');
  return {
    async waiting() {
      const { rowCount } = await session.query(
        `select from pg_stat_activity
          where datname = current_database() and application_name = 'sluice/ledger' and wait_event_type = 'Lock'`,
      );
      return rowCount ?? 0;
    },
    letGo: () => session.query('commit'),
  };
}

const reap = (workflowId: string) =>
  workers.client.workflow.start<typeof reaper>('reaper', { workflowId, taskQueue: workers.taskQueue });

/** In the ledger, and over: nobody has to look after it. */
async function registerRelease(): Promise<ReleaseRef> {
  const { database: _database, ...manifest } = validManifest();
  const lane = { environment: manifest.environment, service: manifest.service };
  const ledger = await openLedger(workers.ledgerUrl);
  try {
    const submission = { manifest: { ...manifest, canary: { ...manifest.canary, metricsLag: '0s' } }, migrations: [] };
    await ledger.register({ lane, version: 'v2', manifestHash: 'any', submission, actor: 'test' });
    await ledger.end({ lane, version: 'v2', outcome: 'refused' });
  } finally {
    await ledger.close();
  }
  return { lane, version: 'v2' };
}

const askReady = ({ ready }: WorkerProcess) => fetch(`http://127.0.0.1:${ready.healthPort}/ready`);

async function attemptsOf(workflowId: string): Promise<(number | null | undefined)[]> {
  const { events = [] } = await workers.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes?.attempt ?? []);
}

describe('a worker that is told to stop in the middle of an activity', () => {
  it('takes no new work, lets the activity end undisturbed, and then ends itself', async () => {
    const release = await registerRelease();
    const worker = await workers.start({ SLUICE_SHUTDOWN_GRACE: '30s' });
    const toMs = Date.now() + 6_000;
    const run = await workers.client.workflow.start<typeof measuring>('measuring', {
      workflowId: `${workers.prefix}/grace`,
      taskQueue: bystanders,
      args: [workers.taskQueue, { release, fromMs: toMs, toMs }],
    });
    // For the server it has started as soon as it was handed out: by its heartbeat the worker has it.
    const heartbeat = async () => (await run.describe()).raw.pendingActivities?.[0]?.lastHeartbeatTime;
    await expect.poll(heartbeat, soon).toBeTruthy();

    const ended = worker.stop({ graceMs: 60_000 });
    await expect.poll(async () => (await askReady(worker)).status, soon).toBe(503);
    // It has waited to its end, and asked the AWS that is not there.
    expect(await run.result()).toMatchObject({ kind: 'unmeasurable' });
    expect(Date.now()).toBeGreaterThanOrEqual(toMs);
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('leaves what is not done within the grace to the next worker', async () => {
    const worker = await workers.start({ SLUICE_SHUTDOWN_GRACE: '1s' });
    const ledger = await holdLedger();
    const run = await reap(`${workers.prefix}/overdue`);
    await expect.poll(ledger.waiting, soon).toBe(1);

    expect(await worker.stop({ graceMs: 60_000 })).toEqual({ code: 1, signal: null });
    expect(worker.lines().join('\n')).toContain('running activities get the grace period');
    await ledger.letGo();
    await workers.start();
    expect(await run.result()).toEqual([]);
    expect((await attemptsOf(run.workflowId)).at(-1)).toBeGreaterThan(1);
  });
});
