import { WithStartWorkflowOperation } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { laneWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import { laneWorkflowType, releaseTaskQueue } from '../../domain/wire-names.js';
import { freePort } from '../../embedded/free-port.js';
import { abortSignal, submitUpdate } from '../../workflows/messages.js';
import { validManifest } from '../activities/admission/valid-manifest.js';
import { itWithEverything } from '../support/everything.js';
import { scrape } from '../support/prometheus-text.js';
import { refOf, withShopStack } from '../support/shop-stack.js';

const it = itWithEverything('a way back while every slot of a worker is taken');

// Releases that hang in the ledger: more than the worker has slots for, and it has more slots than connections.
const slots = 12;
const fillers = Array.from({ length: slots + 4 }, (_, i) => ({ environment: 'filler', service: `service-${i}` }));
const connections = 10;

const shop = withShopStack({ ownServers: true });
let metricsPort: number;
let ledger: pg.Client;

beforeAll(async () => {
  const { stack } = shop.current;
  metricsPort = await freePort();
  await stack.worker().stop();
  await stack.startWorker({ SLUICE_RELEASE_SLOTS: String(slots), SLUICE_METRICS_PORT: String(metricsPort) });
  ledger = new pg.Client({ connectionString: stack.ledgerUrl });
  await ledger.connect();
});
afterAll(() => ledger?.end());

/** Their first statement waits for a row that this session has written and does not commit. */
async function fill(): Promise<void> {
  const { client } = shop.current;
  await ledger.query('begin');
  for (const lane of fillers) {
    await ledger.query('insert into sluice.lane (environment, service) values ($1, $2)', Object.values(lane));
  }
  for (const lane of fillers) {
    const { database: _database, ...manifest } = { ...validManifest(), ...lane };
    await client.workflow.startUpdateWithStart(submitUpdate, {
      waitForStage: 'ACCEPTED',
      args: [{ lane, manifest, migrations: [], actor: 'test', requestId: 'fill' }],
      startWorkflowOperation: new WithStartWorkflowOperation(laneWorkflowType, {
        workflowId: laneWorkflowId(lane),
        workflowIdConflictPolicy: 'FAIL',
        taskQueue: releaseTaskQueue,
        args: [{ lane }],
      }),
    });
  }
}

async function hanging(): Promise<number> {
  const { rowCount } = await ledger.query(
    `select from pg_stat_activity where application_name = 'sluice/ledger' and wait_event_type = 'Lock'`,
  );
  return rowCount ?? 0;
}

const freeSlots = () =>
  scrape(metricsPort, 'temporal_worker_task_slots_available', {
    task_queue: releaseTaskQueue,
    worker_type: 'ActivityWorker',
  });

it('does not delay a way back: with every slot and every connection taken, traffic is back at once', async () => {
  const { release, client } = shop.current;
  const watch = await release('aborted', { bake: '5m' });
  await watch.until('the bake', ({ step }) => step.startsWith('bake'));
  await fill();
  await expect.poll(freeSlots, { timeout: 30_000 }).toBe(0);
  await expect.poll(hanging, { timeout: 30_000 }).toBe(connections);

  // Said at once, while all of them hang: each gives up after ten seconds and comes again.
  const { lane, version } = refOf('aborted');
  const said = { actor: 'ann', reason: 'test', requestId: 'abort' };
  await client.workflow.getHandle(releaseWorkflowId(lane, version)).signal(abortSignal, said);
  const result = await watch.ended();
  expect(result).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
  expect(result.trafficBackMs).toBeLessThan(9_000);

  for (const lane of fillers) await client.workflow.getHandle(laneWorkflowId(lane)).terminate('the test is done');
  await ledger.query('rollback');
}, 180_000);
