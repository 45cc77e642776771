import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmissionActivities } from '../../../activities/admission/admission.js';
import { createLivePlan } from '../../../activities/admission/live-plan.js';
import type { SchemaEngine } from '../../../activities/database/schema-engine.js';
import { environmentSecrets } from '../../../activities/secrets.js';
import { type PgLedger, openLedger } from '../../../activities/ledger/pg-ledger.js';
import { createCloudWatchMetricSource } from '../../../activities/metrics/cloudwatch-metric-source.js';
import { createAlbTrafficRouter } from '../../../activities/traffic/alb-traffic-router.js';
import { createEcsWorkloadHost } from '../../../activities/workload/ecs-workload-host.js';
import { createTargetGroups, known, uniqueName } from '../../contract/aws-world.js';
import { type SimulatorWorld, startSimulatorWorld } from '../../contract/simulator.js';
import { freshDatabase } from '../../support/postgres.js';
import { validManifest } from './valid-manifest.js';

// Admission as the worker runs it: a real ledger, the simulator behind the real clients.

let world: SimulatorWorld;
let ledger: PgLedger;

beforeAll(async () => {
  world = await startSimulatorWorld();
  ledger = await openLedger(await freshDatabase('live_refusals'));
});

afterAll(async () => {
  await ledger?.close();
  await world?.stop();
});

async function createRule(groups: { blue: string; green: string }): Promise<string> {
  const TargetGroups = [
    { TargetGroupArn: groups.blue, Weight: 100 },
    { TargetGroupArn: groups.green, Weight: 0 },
  ];
  const { Rules } = await world.clients.elb.createRule({
    ListenerArn: world.listenerArn,
    Priority: world.nextPriority(),
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [`/${randomUUID()}`] } }],
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
  });
  return known(Rules?.[0]?.RuleArn);
}

type Manifest = ReturnType<typeof validManifest>;

/** A release of a service of its own, whose rules, target groups and blue service are there; then one change. */
async function admit(
  change: (manifest: Manifest, groups: { blue: string; green: string }) => void,
  { desiredCount = 1 } = {},
) {
  const host = createEcsWorkloadHost({ ecs: world.clients.ecs });
  const router = createAlbTrafficRouter({ elb: world.clients.elb });
  const groups = await createTargetGroups(world);
  // Its place is that of the ARNs of the example; the simulator has its own.
  const { database: _database, aws: _aws, ...manifest } = validManifest();
  manifest.service = uniqueName('shop');
  manifest.traffic = { ruleArn: await createRule(groups), testRuleArn: await createRule(groups) };
  manifest.workload.cluster = world.cluster;
  manifest.workload.blue = { service: uniqueName('blue'), targetGroupArn: groups.blue };
  manifest.workload.green = { service: uniqueName('green'), targetGroupArn: groups.green };
  const { cluster, blue } = manifest.workload;
  await host.createService({
    cluster,
    service: blue.service,
    taskDefinitionArn: await host.registerRevision({
      family: manifest.service,
      releaseTag: '1',
      image: world.image,
      container: world.container,
    }),
    desiredCount,
    targetGroupArn: groups.blue,
    container: world.container,
    healthCheckGraceSeconds: 0,
    token: randomUUID(),
  });
  change(manifest as Manifest, groups);

  const admission = createAdmissionActivities({
    ledger,
    live: createLivePlan({
      platformOf: () => ({ host, router, metrics: createCloudWatchMetricSource(world.clients) }),
      // A release without a database asks nothing of one.
      engine: {} as SchemaEngine,
      secrets: environmentSecrets({}),
    }),
  });
  const release = { lane: { environment: manifest.environment, service: manifest.service }, version: 'v2' };
  await admission.registerRelease({ lane: release.lane, manifest, migrations: [], actor: 'ci' });
  return admission.admit(release);
}

const elsewhere = (arn: string) => arn.replace(/[^/]+$/, '0123456789abcdef');

describe('admission', () => {
  it('plans against what is there', async () => {
    expect(await admit(() => {})).toMatchObject({
      plan: { live: 'blue', idle: 'green' },
      weights: { blue: 100, green: 0 },
    });
  });

  it('names every rule that is not there at once, as a refused plan and no error of AWS', async () => {
    const lost = admit((it) => {
      it.traffic.ruleArn = elsewhere(it.traffic.ruleArn);
      it.traffic.testRuleArn = it.traffic.ruleArn.replace(/[^/]+$/, 'fedcba9876543210');
    });
    await expect(lost).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(
        /^the rule arn:\S+0123456789abcdef is not there; make it, or correct traffic\.ruleArn\nthe test rule arn:\S+fedcba9876543210 is not there; make it, or correct traffic\.testRuleArn$/,
      ),
    });
  });

  it('refuses a test rule that is not there, although the rule of the shoppers is', async () => {
    const lost = admit((it) => {
      it.traffic.testRuleArn = elsewhere(it.traffic.testRuleArn);
    });
    await expect(lost).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(/^the test rule \S+ is not there; make it, or correct traffic\.testRuleArn$/),
    });
  });

  it('refuses target groups that the rules do not forward to', async () => {
    const others = admit((it) => {
      it.workload.green.targetGroupArn = elsewhere(it.workload.green.targetGroupArn);
    });
    await expect(others).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(
        /^the rule forwards to .*\nthe rule does not forward to .*\nthe test rule forwards to .*\nthe test rule does not/,
      ),
    });
  });

  it('refuses a live colour whose service is not there: nobody could tell later that it is gone', async () => {
    const lost = admit((it) => {
      it.workload.blue.service = 'shop-bleu';
    });
    await expect(lost).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(
        /^blue has all traffic, and its service shop-bleu is not there in cluster \S+; name the service that runs as workload\.blue\.service$/,
      ),
    });
  });

  it('refuses a live colour whose service runs no task', async () => {
    await expect(admit(() => {}, { desiredCount: 0 })).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(/^blue has all traffic, and its service \S+ is asked to run no task; start its/),
    });
  });

  it('refuses blue and green whose target groups are swapped', async () => {
    const swapped = admit((it, groups) => {
      it.workload.blue.targetGroupArn = groups.green;
      it.workload.green.targetGroupArn = groups.blue;
    });
    await expect(swapped).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(
        /^blue's service \S+ must register .* as green's: blue and green are mixed up\ngreen has all traffic, and .*$/,
      ),
    });
  });
});
