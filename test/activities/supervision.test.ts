import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PgLedger, openLedger } from '../../activities/ledger/pg-ledger.js';
import { createSupervisionActivities } from '../../activities/supervision.js';
import { type Lane, laneWorkflowId } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { freshDatabase } from '../support/postgres.js';
import { withTemporal } from '../support/temporal.js';
import { bundleWorkflows } from '../workflows/workflow-bundle.js';
import '../support/quiet-runtime.js';
import { attempt, inActivity } from './in-activity.js';

const temporal = withTemporal();
let ledger: PgLedger;
let worker: Worker;
let ran: Promise<void>;

beforeAll(async () => {
  ledger = await openLedger(await freshDatabase('supervision'));
  const scripts = fileURLToPath(new URL('../client/scripted-workflows.ts', import.meta.url));
  worker = await Worker.create({
    connection: temporal.workerConnection,
    namespace: temporal.namespace,
    taskQueue: temporal.taskQueue,
    workflowBundle: await bundleWorkflows({ workflowsPath: scripts }),
  });
  ran = worker.run();
});

afterAll(async () => {
  worker?.shutdown();
  await ran;
  await ledger?.close();
});

const activities = () => createSupervisionActivities({ ledger, client: temporal.client });
const newLane = (): Lane => ({ environment: 'test', service: `shop-${randomUUID()}` });

describe('following a run', () => {
  const start = (type: 'release' | 'recover', version: string) => {
    const release = { lane: newLane(), version };
    const workflowId = randomUUID();
    const { taskQueue, client } = temporal;
    return client.workflow.start(type, { workflowId, taskQueue, args: [{ release }] });
  };

  it('answers with what it ended with', async () => {
    const { workflowId } = await start('recover', '2');
    expect(await inActivity(() => activities().followRun(workflowId))).toMatchObject({
      kind: 'ended',
      result: { version: '2', outcome: 'rolled-back', failure: { code: 'aborted' } },
    });
  });

  it('waits until a run that is still under way has ended', async () => {
    const handle = await start('release', 'held');
    const following = inActivity(() => activities().followRun(handle.workflowId));
    await handle.signal('abort', { actor: 'Ann', reason: 'enough', requestId: 'a' });
    expect(await following).toMatchObject({ kind: 'ended', result: { version: 'held', outcome: 'rolled-back' } });
  });

  it('says that a run was lost which somebody terminated, and why', async () => {
    const handle = await start('release', 'held');
    const following = inActivity(() => activities().followRun(handle.workflowId));
    await handle.terminate('the machine is sold');
    expect(await following).toEqual({ kind: 'lost', reason: 'the machine is sold' });
  });

  it('says that a run was lost which failed, and how', async () => {
    const { workflowId } = await start('release', 'crashing');
    expect(await inActivity(() => activities().followRun(workflowId))).toEqual({
      kind: 'lost',
      reason: 'our own fault',
    });
  });

  it('says that a run was lost which nobody knows', async () => {
    expect(await inActivity(() => activities().followRun(randomUUID()))).toEqual({
      kind: 'lost',
      reason: 'there is no such run',
    });
  });

  it('is given up when nobody waits for it any more', async () => {
    const { workflowId } = await start('release', 'held');
    const following = attempt(() => activities().followRun(workflowId));
    following.cancel();
    await expect(following.end).rejects.toMatchObject({ name: 'CancelledFailure' });
    await temporal.client.workflow.getHandle(workflowId).terminate();
  });

  it('loses no run because Temporal does not answer', async () => {
    const { workflowId } = await start('release', 'held');
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection, namespace: temporal.namespace });
    await connection.close();
    const { followRun } = createSupervisionActivities({ ledger, client });
    await expect(inActivity(() => followRun(workflowId))).rejects.toThrow();
    await temporal.client.workflow.getHandle(workflowId).terminate();
  });
});

describe('waking lanes', () => {
  const register = async (lane: Lane, version: string) => {
    const release = { lane, version };
    await ledger.register({ ...release, manifestHash: 'a', submission: { manifest: {}, migrations: [] }, actor: 'ci' });
    return release;
  };
  // Of the worker that wakes them; nobody serves this one.
  const taskQueue = `lanes-${randomUUID()}`;
  const wakeLanes = () => inActivity(() => activities().wakeLanes(), { taskQueue });
  const laneRun = (lane: Lane) => temporal.client.workflow.getHandle(laneWorkflowId(lane)).describe();

  it('gives every lane with open releases one run that can be found, and leaves it alone the next time', async () => {
    const [queued, running, ended] = [newLane(), newLane(), newLane()];
    await ledger.begin(await register(running, '1'), {
      request: {} as ReleaseRequest,
      plan: {} as Plan,
      planHash: 'hash',
    });
    await register(queued, '1');
    await register(queued, '2');
    await ledger.end({ ...(await register(ended, '1')), outcome: 'rolled-back' });

    expect(await wakeLanes()).toEqual([`test/${running.service}`, `test/${queued.service}`]);
    const woken = await laneRun(queued);
    expect(woken).toMatchObject({
      type: 'lane',
      taskQueue,
      status: { name: 'RUNNING' },
      searchAttributes: {
        SluiceLane: [`test/${queued.service}`],
        SluiceService: [queued.service],
        SluiceEnvironment: ['test'],
      },
    });
    expect(await woken.staticSummary()).toBe(`releases of ${queued.service} in test, one at a time`);
    const history = await temporal.client.workflow.getHandle(laneWorkflowId(queued)).fetchHistory();
    const input = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(input ?? []).toString())).toEqual({ lane: queued });
    await expect(laneRun(ended)).rejects.toThrow();

    await wakeLanes();
    expect((await laneRun(queued)).runId).toBe(woken.runId);
    for (const lane of [queued, running]) await temporal.client.workflow.getHandle(laneWorkflowId(lane)).terminate();
  });
});
