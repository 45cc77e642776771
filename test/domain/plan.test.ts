import { describe, expect, it } from 'vitest';
import { type LiveState, planRelease } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';

const request: ReleaseRequest = {
  lane: { environment: 'prod', service: 'shop' },
  version: '2',
  image: 'registry.example/shop@sha256:0',
  workload: {
    cluster: 'shop',
    desiredCount: 3,
    colours: {
      blue: { service: 'shop-blue', targetGroupArn: 'tg-blue' },
      green: { service: 'shop-green', targetGroupArn: 'tg-green' },
    },
    container: {
      name: 'shop',
      port: 80,
      cpu: '256',
      memory: '512',
      environment: {},
      secrets: {},
      subnets: [],
      securityGroups: [],
      stopTimeoutSeconds: 30,
    },
    rolloutTimeoutMs: 60_000,
  },
  traffic: { ruleArn: 'rule', testRuleArn: 'test-rule', settleMs: 0 },
  smoke: { url: 'http://shop', headers: {}, paths: ['/health'] },
  canary: {
    steps: [
      { weight: 5, bakeMs: 60_000 },
      { weight: 50, bakeMs: 60_000 },
    ],
    judge: { minRequests: 1, errorRatioMargin: 0, minErrors: 1, p99Factor: 1, p99MarginMs: 0 },
    periodSeconds: 60,
    metricsLagMs: 0,
    extraBakes: 1,
  },
  warmWindowMs: 60_000,
  database: {
    urlSecret: 'env:URL',
    applicationName: 'shop/{version}',
    lockTimeoutMs: 500,
    quietWindowMs: 1_000,
    contractApproval: 'automatic',
    migrations: [
      { phase: 'expand', name: 'V2.1__names.sql', sql: '' },
      { phase: 'contract', name: 'V2.3__drop.sql', sql: '' },
    ],
  },
};

const found: LiveState = {
  weights: { blue: 100, green: 0 },
  ruleTargetGroups: ['tg-blue', 'tg-green'],
  stickinessSeconds: 0,
};

function planned(state: LiveState) {
  const result = planRelease(request, state);
  if ('refusals' in result) throw new Error(result.refusals.join());
  return result.plan;
}

function refusals(state: LiveState): readonly string[] {
  const result = planRelease(request, state);
  return 'refusals' in result ? result.refusals : [];
}

describe('a plan', () => {
  it('releases into the colour that has no traffic', () => {
    expect(planned(found)).toMatchObject({ live: 'blue', idle: 'green' });
    expect(planned({ ...found, weights: { blue: 0, green: 999 } })).toMatchObject({ live: 'green', idle: 'blue' });
  });

  it('reads like the runbook, contract last and alone marked as the point of no return', () => {
    const { steps } = planned(found);
    expect(steps.map(({ name }) => name)).toEqual([
      'provision',
      'expand',
      'deploy',
      'smoke',
      'canary 5 %',
      'canary 50 %',
      'cut-over',
      'keep-warm',
      'retire',
      'contract',
    ]);
    expect(steps.filter(({ pointOfNoReturn }) => pointOfNoReturn).map(({ name }) => name)).toEqual(['contract']);
  });

  it('is refused while both colours have traffic, or neither has', () => {
    expect(refusals({ ...found, weights: { blue: 80, green: 20 } })).toEqual([
      expect.stringContaining('blue 80, green 20'),
    ]);
    expect(refusals({ ...found, weights: { blue: 0, green: 0 } })).toHaveLength(1);
  });

  it('is refused while group stickiness is on: it would override every weight', () => {
    expect(refusals({ ...found, stickinessSeconds: 60 })).toEqual([expect.stringContaining('60 s')]);
  });

  it('is refused when the rule forwards elsewhere, naming the strange and the missing target group at once', () => {
    const reasons = refusals({ ...found, ruleTargetGroups: ['tg-blue', 'tg-red'] });
    expect(reasons).toEqual([expect.stringContaining('tg-red'), expect.stringContaining('tg-green')]);
  });
});
