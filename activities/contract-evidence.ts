import { setTimeout as sleep } from 'node:timers/promises';
import type { Colour } from '../domain/colour.js';
import { targetGroups } from '../domain/changes.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { Migration, SchemaEngine } from './database/schema-engine.js';
import type { MetricSource } from './metrics/metric-source.js';
import { reportProgress } from './progress.js';
import { readWeights } from './traffic/traffic-actuator.js';
import type { TrafficRouter } from './traffic/traffic-router.js';
import type { WorkloadHost } from './workload/workload-host.js';

const pollMs = 500;

export interface EvidenceParts {
  readonly host: WorkloadHost;
  readonly router: TrafficRouter;
  readonly metrics: MetricSource;
  readonly engine: SchemaEngine;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
}

/** Proves that the old version is gone. Reads only; may be abandoned at any moment. */
export function createEvidenceActivities(parts: EvidenceParts) {
  return {
    /**
     * Until the load balancer has counted no request of the old colour for a whole period: a sticky session or a node
     * that has not read the rule yet would lose its request with the task.
     */
    async awaitNoRequests(query: { readonly release: ReleaseRef; readonly old: Colour }): Promise<void> {
      const request = await parts.readRequest(query.release);
      await untilNone(() => remainingRequests(request, query.old));
    },

    /** Until the old colour's tasks have stopped, deregistration delay included. */
    async awaitRetired(query: { readonly release: ReleaseRef; readonly old: Colour }): Promise<void> {
      const request = await parts.readRequest(query.release);
      await untilNone(() => remainingTasks(request, query.old));
    },

    /** Until weight, tasks and database sessions of the old version have all been gone for the whole quiet window. */
    async awaitContractEvidence(query: {
      readonly release: ReleaseRef;
      readonly old: Colour;
      readonly quietWindowMs: number;
    }): Promise<string> {
      const request = await parts.readRequest(query.release);
      const migration = await parts.readMigration(query.release);
      let quietSince = Date.now();
      while (Date.now() - quietSince < query.quietWindowMs) {
        const reasons = [
          ...(await remainingWeight(request, query.old)),
          ...(await remainingTasks(request, query.old)),
          ...(await parts.engine.contractEvidence(migration)),
        ];
        if (reasons.length > 0) quietSince = Date.now();
        reportProgress(reasons.length > 0 ? reasons.join('; ') : `quiet for ${Date.now() - quietSince} ms`);
        await sleep(pollMs);
      }
      return `${query.old} had no weight, no tasks and no session for ${query.quietWindowMs / 1000} s`;
    },
  };

  async function remainingRequests(request: ReleaseRequest, old: Colour): Promise<string[]> {
    const { periodSeconds } = request.canary;
    const toMs = Date.now();
    const window = { targetGroups: targetGroups(request), fromMs: toMs - periodSeconds * 1_000, toMs, periodSeconds };
    const measurement = await parts.metrics.measure(window);
    if (measurement.kind === 'unmeasurable')
      return [`whether ${old} still gets requests is unknown: ${measurement.reason}`];
    const { requests } = measurement.colours[old];
    return requests === 0 ? [] : [`${old} still got ${requests} requests in the last ${periodSeconds} s`];
  }

  async function remainingWeight(request: ReleaseRequest, old: Colour): Promise<string[]> {
    const rule = { ruleArn: request.traffic.ruleArn, targetGroups: targetGroups(request) };
    const weights = await readWeights(parts.router, rule);
    return weights[old] === 0 ? [] : [`${old} still has weight ${weights[old]}`];
  }

  async function remainingTasks(request: ReleaseRequest, old: Colour): Promise<string[]> {
    const ref = { cluster: request.workload.cluster, service: request.workload.colours[old].service };
    const service = await parts.host.readService(ref);
    if (service === null) return [];
    if (service.desiredCount > 0) return [`${ref.service} is asked to run ${service.desiredCount} tasks`];
    const rollout = await parts.host.observeService(ref, service);
    return rollout.kind === 'completed' ? [] : [`${ref.service} still has tasks`];
  }

  async function untilNone(ask: () => Promise<string[]>): Promise<void> {
    for (let reasons = await ask(); reasons.length > 0; reasons = await ask()) {
      reportProgress(reasons.join('; '));
      await sleep(pollMs);
    }
  }
}
