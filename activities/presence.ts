import { targetGroups } from '../domain/changes.js';
import type { Colour } from '../domain/colour.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { MetricSource } from './metrics/metric-source.js';
import { readWeights } from './traffic/traffic-actuator.js';
import type { TrafficRouter } from './traffic/traffic-router.js';
import type { WorkloadHost } from './workload/workload-host.js';

export interface PresenceParts {
  readonly host: WorkloadHost;
  readonly router: TrafficRouter;
  readonly metrics: MetricSource;
}

/** What is left of a colour, each reason a sentence; nothing is left when there is none. Reads only. */
export function createPresence({ host, router, metrics }: PresenceParts) {
  return {
    async weight(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const rule = { ruleArn: request.traffic.ruleArn, targetGroups: targetGroups(request) };
      const weights = await readWeights(router, rule);
      return weights[colour] === 0 ? [] : [`${colour} still has weight ${weights[colour]}`];
    },

    /** Tasks that drain or stop count: they still answer, and still use the database. */
    async tasks(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const ref = { cluster: request.workload.cluster, service: request.workload.colours[colour].service };
      const service = await host.readService(ref);
      if (service === null) return [];
      if (service.desiredCount > 0) return [`${ref.service} is asked to run ${service.desiredCount} tasks`];
      const rollout = await host.observeService(ref, service);
      return rollout.kind === 'completed' ? [] : [`${ref.service} still has tasks`];
    },

    /** Requests in the newest period the metric source can have published. */
    async requests(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const { periodSeconds, metricsLagMs } = request.canary;
      const toMs = Date.now() - metricsLagMs;
      const window = { targetGroups: targetGroups(request), fromMs: toMs - periodSeconds * 1_000, toMs, periodSeconds };
      const measurement = await metrics.measure(window);
      if (measurement.kind === 'unmeasurable') {
        return [`whether ${colour} still gets requests is unknown: ${measurement.reason}`];
      }
      const { requests } = measurement.colours[colour];
      return requests === 0 ? [] : [`${colour} still got ${requests} requests in a period of ${periodSeconds} s`];
    },
  };
}

export type Presence = ReturnType<typeof createPresence>;
