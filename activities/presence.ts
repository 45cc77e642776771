import { targetGroups } from '../domain/changes.js';
import type { Colour } from '../domain/colour.js';
import { durationText } from '../domain/duration.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { PlatformOf } from './platform.js';
import { readWeights } from './traffic/traffic-actuator.js';

/** What is left of a colour, each reason a sentence; nothing is left when there is none. Reads only. */
export function createPresence(platformOf: PlatformOf) {
  return {
    async isThere(request: ReleaseRequest, colour: Colour): Promise<boolean> {
      const ref = { cluster: request.workload.cluster, service: request.workload.colours[colour].service };
      return (await platformOf(request).host.readService(ref)) !== null;
    },

    async weight(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const rule = { ruleArn: request.traffic.ruleArn, targetGroups: targetGroups(request) };
      const weights = await readWeights(platformOf(request).router, rule);
      return weights[colour] === 0 ? [] : [`${colour} still has weight ${weights[colour]}`];
    },

    /**
     * Tasks that drain or stop count: they still answer, and still use the database. Where the service is not there, its
     * tasks may run under another name: nobody can tell.
     */
    async tasks(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const ref = { cluster: request.workload.cluster, service: request.workload.colours[colour].service };
      const { host } = platformOf(request);
      const service = await host.readService(ref);
      if (service === null) return [`${ref.service} is not there: whether tasks of ${colour} are left is unknown`];
      if (service.desiredCount > 0) return [`${ref.service} is asked to run ${service.desiredCount} tasks`];
      const rollout = await host.observeService(ref, service);
      return rollout.kind === 'completed' ? [] : [`${ref.service} still has tasks`];
    },

    /** Requests in the newest period the metric source can have published. */
    async requests(request: ReleaseRequest, colour: Colour): Promise<string[]> {
      const { periodSeconds, metricsLagMs } = request.canary;
      const toMs = Date.now() - metricsLagMs;
      const window = { targetGroups: targetGroups(request), fromMs: toMs - periodSeconds * 1_000, toMs, periodSeconds };
      const measurement = await platformOf(request).metrics.measure(window);
      if (measurement.kind === 'unmeasurable') {
        return [`whether ${colour} still gets requests is unknown: ${measurement.reason}`];
      }
      const { requests } = measurement.colours[colour];
      return requests === 0
        ? []
        : [`${colour} still got ${requests} requests in a period of ${durationText(periodSeconds * 1_000)}`];
    },
  };
}

export type Presence = ReturnType<typeof createPresence>;
