import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { recoveryWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import { freePort } from '../../embedded/free-port.js';
import { packageRoot } from '../../embedded/package-root.js';
import type { recover } from '../../workflows/recover.js';
import type { release } from '../../workflows/release.js';
import { itWithEverything } from '../support/everything.js';
import { scrape } from '../support/prometheus-text.js';
import { withWorkerProcesses } from './worker-process.js';

const it = itWithEverything('what a worker tells of itself: metrics, health, build');
const workers = withWorkerProcesses();
/** The ledger holds no such release. */
const unknown = (version: string) => ({ lane: { environment: workers.prefix, service: 'shop' }, version });
const builtFrom = readFileSync(path.join(packageRoot, 'dist', 'build-id'), 'utf8').trim();

describe('the metrics endpoint', () => {
  it('has Temporal’s own metrics and those of releases', async () => {
    const port = await freePort();
    await workers.start({ SLUICE_METRICS_PORT: String(port) });
    const { lane, version } = unknown('never-submitted');
    const run = await workers.client.workflow.start<typeof release>('release', {
      workflowId: releaseWorkflowId(lane, version),
      taskQueue: workers.taskQueue,
      args: [{ release: { lane, version } }],
    });
    expect(await run.result()).toMatchObject({ outcome: 'refused', failure: { code: 'release-unknown' } });

    const ended = { ...lane, outcome: 'refused', build_id: builtFrom };
    await expect.poll(() => scrape(port, 'sluice_releases_ended_total', ended), { timeout: 30_000 }).toBe(1);
    expect(await scrape(port, 'temporal_workflow_completed', { workflow_type: 'release' })).toBe(1);
  });

  it('has those of Temporal that the page about production alerts on, by the labels it names', async () => {
    const page = readFileSync(path.join(packageRoot, 'docs', 'how-to', 'production.md'), 'utf8');
    const alerts = [...page.matchAll(/\b(temporal_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', labels = '']) => ({
      name,
      labels: Object.fromEntries([...labels.matchAll(/(\w+)="(\w+)"/g)].map(([, key, value]) => [key, value])),
    }));
    expect(alerts.map(({ name }) => name)).toContain('temporal_workflow_task_execution_failed');
    const port = await freePort();
    await workers.start({ SLUICE_METRICS_PORT: String(port) });
    // A counter shows up with its first event.
    const failing = await workers.client.workflow.start('no such workflow', {
      workflowId: `${workers.prefix}/failing`,
      taskQueue: workers.taskQueue,
    });
    for (const { name, labels } of alerts) {
      await expect.poll(() => scrape(port, name, labels), { message: name, timeout: 30_000 }).toBeDefined();
    }
    await failing.terminate('the test is done');
  });

  it('counts the releases that wait for an operator, on every worker', async () => {
    const port = await freePort();
    await workers.start({ SLUICE_METRICS_PORT: String(port) });
    const { lane, version } = unknown('lost');
    const run = await workers.client.workflow.start<typeof recover>('recover', {
      workflowId: recoveryWorkflowId(lane, version),
      taskQueue: workers.taskQueue,
      args: [{ release: { lane, version }, reason: 'test' }],
    });
    const waiting = (count: number) =>
      expect
        .poll(() => scrape(port, 'sluice_releases_waiting_for_operator'), { timeout: 40_000, interval: 500 })
        .toBe(count);
    await waiting(1);
    const labels = { build_id: builtFrom };
    expect(await scrape(port, 'sluice_releases_waiting_for_operator', labels)).toBe(1);
    await run.terminate('the test is done');
    await waiting(0);
  });
});

describe('the health endpoint', () => {
  it('is live and ready while the workers poll, and names the build', async () => {
    const { ready } = await workers.start({ SLUICE_BUILD_ID: 'build-7' });
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${ready.healthPort}${path}`);
      return { status: response.status, body: (await response.json()) as unknown };
    };
    expect(await ask('/live')).toEqual({ status: 200, body: { live: true, buildId: 'build-7' } });
    expect(await ask('/ready')).toEqual({
      status: 200,
      body: { ready: true, buildId: 'build-7', workers: { release: 'RUNNING', undo: 'RUNNING' } },
    });
    expect(await ask('/')).toMatchObject({ status: 404 });
  });
});

describe('the build id', () => {
  it('is the commit unless told otherwise, in the log and in Temporal', async () => {
    const stamped = await workers.start();
    expect(builtFrom).toMatch(/^[0-9a-f]{12}(-dirty)?$/);
    expect(stamped.ready.buildId).toBe(builtFrom);
    expect(stamped.lines().join('\n')).toContain(`"buildId":"${builtFrom}"`);
    await stamped.stop();

    await workers.start({ SLUICE_BUILD_ID: 'build-7' });
    const run = await workers.client.workflow.start('reaper', {
      workflowId: `${workers.prefix}/build`,
      taskQueue: workers.taskQueue,
    });
    await run.result();
    const { events } = await run.fetchHistory();
    const builds = (events ?? []).flatMap(
      (event) => event.workflowTaskCompletedEventAttributes?.workerVersion?.buildId ?? [],
    );
    expect(new Set(builds)).toEqual(new Set(['build-7']));
  });
});
