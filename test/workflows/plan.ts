import type { ReleaseRef } from '../../domain/lane.js';
import type { DatabasePlan, Plan } from '../../domain/plan.js';
import type { Measurement } from '../../domain/verdict.js';

/** Times in which a test can wait for them. */
const moment = 20;

export const wholeDatabase: DatabasePlan = {
  expand: true,
  backfill: true,
  contract: true,
  quietWindowMs: moment,
  contractApproval: 'automatic',
};

/** One canary step of half the traffic from blue to green, without database; `change` is what the case is about. */
export function planFor(release: ReleaseRef, change: Partial<Plan> = {}): Plan {
  return {
    ...release,
    image: 'shop@sha256:0000',
    live: 'blue',
    idle: 'green',
    desiredCount: 2,
    canary: canaryOf([{ weight: 50, bakeMs: moment }]),
    warmWindowMs: moment,
    rolloutTimeoutMs: 60_000,
    settleMs: 1,
    patienceMs: 60_000,
    steps: [],
    ...change,
  };
}

export function canaryOf(steps: Plan['canary']['steps'], extraBakes = 0): Plan['canary'] {
  const judge = { minRequests: 10, errorRatioMargin: 0.01, p99Factor: 1.5, p99MarginMs: 50, minErrors: 2 };
  return { steps, judge, periodSeconds: 1, metricsLagMs: 0, extraBakes };
}

const healthy = { requests: 1_000, errors: 0, p99Ms: 40 };

/** What a bake can show. */
export const measured = {
  good: (): Measurement => ({ kind: 'measured', fromMs: 0, toMs: 1, colours: { blue: healthy, green: healthy } }),
  bad: (): Measurement => ({
    kind: 'measured',
    fromMs: 0,
    toMs: 1,
    colours: { blue: healthy, green: { ...healthy, errors: 300 } },
  }),
  thin: (): Measurement => ({
    kind: 'measured',
    fromMs: 0,
    toMs: 1,
    colours: { blue: healthy, green: { requests: 3, errors: 0, p99Ms: 40 } },
  }),
  nothing: (): Measurement => ({ kind: 'unmeasurable', reason: 'CloudWatch does not answer' }),
};
