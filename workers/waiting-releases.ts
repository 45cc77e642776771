import type { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { metrics } from '../domain/metrics.js';

const everyMs = 10_000;

/** Keeps the gauge of releases that wait for a person: one cheap question to Temporal's visibility every 10 seconds. */
export function watchWaitingReleases(client: Client, releaseTaskQueue: string): { stop(): void } {
  const { name, help } = metrics.releasesWaiting;
  const gauge = Runtime.instance().metricMeter.createGauge(name, 'int', undefined, help);
  const query = `SluicePhase = 'needs-operator' AND ExecutionStatus = 'Running' AND TaskQueue = '${releaseTaskQueue}'`;
  const look = (): void => {
    client.workflow.count(query).then(
      ({ count }) => gauge.set(count),
      // Temporal is away: the last number stands, and Temporal's own metrics tell.
      () => undefined,
    );
  };
  look();
  const timer = setInterval(look, everyMs).unref();
  return { stop: () => clearInterval(timer) };
}
