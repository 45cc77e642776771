import { describe, expect, it } from 'vitest';
import { type FoundService, type LiveRule, type LiveState, planRelease } from '../../domain/plan.js';
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
    healthCheckGraceSeconds: 0,
  },
  traffic: { ruleArn: 'rule', testRuleArn: 'test-rule', settleMs: 0 },
  smoke: { url: 'http://shop', headers: {}, paths: ['/health'], expectHeaders: {} },
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
  patienceMs: 900_000,
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
  rule: ruleWith({ 'tg-blue': 100, 'tg-green': 0 }),
  testRule: ruleWith({ 'tg-blue': 0, 'tg-green': 1 }),
  services: { blue: running('tg-blue'), green: { targetGroups: ['tg-green'], desiredCount: 0 } },
};

function running(...targetGroups: string[]): FoundService {
  return { targetGroups, desiredCount: 2 };
}

function ruleWith(weights: Readonly<Record<string, number>>): LiveRule {
  return { weights, stickinessSeconds: 0 };
}

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
    const other = { blue: null, green: running('tg-green') };
    expect(planned({ ...found, rule: ruleWith({ 'tg-blue': 0, 'tg-green': 999 }), services: other })).toMatchObject({
      live: 'green',
      idle: 'blue',
    });
  });

  it('keeps the reason why an older image is accepted, where there is one', () => {
    const acceptOlderImage = 'version 6 drops an index alone';
    expect(planRelease({ ...request, acceptOlderImage }, found)).toMatchObject({ plan: { acceptOlderImage } });
    expect(planned(found)).not.toHaveProperty('acceptOlderImage');
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

  it('tells operations from SQL, which has undo files, and says times as people do', () => {
    const { database, steps } = planned(found);
    expect(database?.operations).toBeUndefined();
    expect(steps.map(({ detail }) => detail)).toContain('green gets 5 %, bakes 1 min, is judged against blue');
    expect(steps.map(({ detail }) => detail)).toContain('blue stays at full size for 1 min');
    const operations = [{ name: '03_add_email.yaml', text: '' }];
    const ofOperations = { ...request, database: { ...request.database, migrations: [], operations } };
    const result = planRelease(ofOperations as ReleaseRequest, found);
    expect(result).toMatchObject({ plan: { database: { operations: true, contract: true } } });
  });

  it('is refused while both colours have traffic, or neither has', () => {
    expect(refusals({ ...found, rule: ruleWith({ 'tg-blue': 80, 'tg-green': 20 }) })).toEqual([
      expect.stringContaining('blue 80, green 20'),
    ]);
    expect(refusals({ ...found, rule: ruleWith({ 'tg-blue': 0, 'tg-green': 0 }) })).toHaveLength(1);
  });

  it('is refused while group stickiness is on: it would override every weight', () => {
    expect(
      refusals({ ...found, rule: { ...ruleWith({ 'tg-blue': 100, 'tg-green': 0 }), stickinessSeconds: 60 } }),
    ).toEqual([expect.stringContaining('1 min')]);
  });

  it('is refused when the rule forwards elsewhere, naming the strange and the missing target group at once', () => {
    const elsewhere = ruleWith({ 'tg-blue': 100, 'tg-red': 0 });
    const reasons = [expect.stringContaining('tg-red'), expect.stringContaining('tg-green')];
    expect(refusals({ ...found, rule: elsewhere })).toEqual(reasons);
    expect(refusals({ ...found, testRule: elsewhere })).toEqual(reasons);
    expect(refusals({ ...found, rule: ruleWith({}) })).toEqual([
      'the rule does not forward to tg-blue, tg-green; it must always name both target groups',
    ]);
  });

  it('is refused when a rule is not there, with the field that names it', () => {
    expect(refusals({ ...found, rule: null, testRule: null })).toEqual([
      'the rule rule is not there; make it, or correct traffic.ruleArn',
      'the test rule test-rule is not there; make it, or correct traffic.testRuleArn',
    ]);
  });

  it('is refused when a live service registers its tasks with another target group than its colour has', () => {
    const swapped = refusals({ ...found, services: { blue: running('tg-green'), green: running('tg-blue') } });
    expect(swapped).toEqual([
      "blue's service shop-blue must register its tasks with tg-blue; it does so with tg-green; the manifest names that as green's: blue and green are mixed up",
      expect.stringMatching(/^green's service shop-green must .* as blue's: blue and green are mixed up$/),
    ]);
    expect(refusals({ ...found, services: { blue: running('tg-red'), green: running() } })).toEqual([
      expect.stringContaining('it does so with tg-red; a service keeps the target group it was made with'),
      expect.stringContaining('it does so with none'),
    ]);
    expect(refusals({ ...found, services: { blue: running('tg-blue', 'tg-green'), green: null } })).toHaveLength(1);
  });

  it('takes a service that is not there yet, and one that has a target group of no colour as well', () => {
    expect(planned({ ...found, services: { blue: running('tg-blue', 'tg-internal'), green: null } })).toMatchObject({
      idle: 'green',
    });
  });

  it('is refused when the service of the colour that has all traffic is not there, or runs nothing', () => {
    const green = found.services.green;
    expect(refusals({ ...found, services: { blue: null, green } })).toEqual([
      'blue has all traffic, and its service shop-blue is not there in cluster shop; name the service that runs as workload.blue.service',
    ]);
    expect(refusals({ ...found, services: { blue: { ...running('tg-blue'), desiredCount: 0 }, green } })).toEqual([
      'blue has all traffic, and its service shop-blue is asked to run no task; start its tasks, or name the service that runs as workload.blue.service',
    ]);
  });
});
