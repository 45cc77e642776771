import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DataPlane } from './elb/data-plane.js';
import type { RecordOutcome } from './elb/outcome.js';
import type { ElbStore } from './elb/store.js';

export interface Prometheus {
  readonly record: RecordOutcome;
  /** The text format, for `GET /metrics`. */
  text(source: { store: ElbStore; dataPlane: DataPlane }): Promise<string>;
}

/**
 * The load balancer's own numbers, to the request and without delay. The labels are names: `load_balancer`,
 * `target_group` (empty where none could be chosen).
 */
export function createPrometheus(): Prometheus {
  const registry = new Registry();
  const labels = ['load_balancer', 'target_group'] as const;
  const registers = [registry];
  const requests = new Counter({
    name: 'alb_requests_total',
    help: 'Requests a target was chosen for.',
    labelNames: labels,
    registers,
  });
  const targetAnswers = new Counter({
    name: 'alb_target_responses_total',
    help: 'Answers of targets, by status class.',
    labelNames: [...labels, 'class'],
    registers,
  });
  const ownAnswers = new Counter({
    name: 'alb_elb_responses_total',
    help: 'Errors the load balancer answered itself, by status.',
    labelNames: [...labels, 'status'],
    registers,
  });
  const connectionErrors = new Counter({
    name: 'alb_target_connection_errors_total',
    help: 'Connections to targets that could not be made.',
    labelNames: labels,
    registers,
  });
  const clientAborts = new Counter({
    name: 'alb_client_aborts_total',
    help: 'Requests whose client left before the answer was through.',
    labelNames: labels,
    registers,
  });
  const truncated = new Counter({
    name: 'alb_truncated_responses_total',
    help: 'Answers that broke off after their headers.',
    labelNames: labels,
    registers,
  });
  const latency = new Histogram({
    name: 'alb_target_response_seconds',
    help: 'Time from sending a request to the first byte of its answer.',
    labelNames: labels,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const targets = new Gauge({
    name: 'alb_targets',
    help: 'Targets of a target group, by state.',
    labelNames: ['target_group', 'state'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'alb_requests_in_flight',
    help: 'Requests sent to targets and not answered yet.',
    labelNames: ['target_group'],
    registers,
  });

  return {
    record(where, outcome) {
      const names = { load_balancer: nameIn(where.loadBalancer), target_group: nameIn(where.targetGroup ?? '') };
      if (outcome.kind !== 'no-target' && outcome.kind !== 'bad-request') requests.inc(names);
      switch (outcome.kind) {
        case 'answered':
        case 'truncated':
          if (outcome.kind === 'truncated') truncated.inc(names);
          targetAnswers.inc({ ...names, class: `${Math.floor(outcome.status / 100)}xx` });
          latency.observe(names, outcome.seconds);
          return;
        case 'not-connected':
          connectionErrors.inc(names);
          ownAnswers.inc({ ...names, status: outcome.status });
          return;
        case 'no-answer':
          ownAnswers.inc({ ...names, status: outcome.status });
          return;
        case 'client-left':
          clientAborts.inc(names);
          return;
        case 'bad-request':
          ownAnswers.inc({ ...names, status: 400 });
          return;
        case 'no-target':
          ownAnswers.inc({ ...names, status: 503 });
          return;
      }
    },
    async text({ store, dataPlane }) {
      targets.reset();
      inFlight.reset();
      for (const group of store.targetGroups.values()) {
        for (const { state } of group.targets) targets.inc({ target_group: group.name, state });
      }
      for (const { group, inFlight: count } of dataPlane.upstreams()) inFlight.set({ target_group: group.name }, count);
      return registry.metrics();
    },
  };
}

/** `app/<name>/<id>` and `targetgroup/<name>/<id>` carry the name in the middle. */
function nameIn(dimension: string): string {
  return dimension.split('/')[1] ?? '';
}
