import { beforeAll, describe, expect, vi } from 'vitest';
import { createAlbTrafficRouter } from '../../activities/traffic/alb-traffic-router.js';
import { freePort } from '../../embedded/free-port.js';
import { clientsAt } from '../contract/local-server.js';
import { type Access, actionsOf, allows } from '../deploy/aws-policies.js';
import { scrape } from '../support/prometheus-text.js';
import { itWithEverything } from '../support/everything.js';
import { withShopStack } from '../support/shop-stack.js';

const it = itWithEverything('releases with a role of their own');

// A team as in production: task queues of its own, and a role of its own in another region than the worker's.
vi.stubEnv('SLUICE_TASK_QUEUE_PREFIX', 'team-a');
const shop = withShopStack();
const aws = {
  region: 'us-east-1',
  roleArn: 'arn:aws:iam::123456789012:role/lanes/shop',
  externalId: 'sluice/team-a',
};
let metricsPort: number;
let seenAsRole: readonly Call[] = [];

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly outcome: string;
  readonly roleArn?: string;
  readonly region: string;
  readonly input: {
    readonly tags?: unknown;
    readonly cluster?: string;
    readonly service?: string;
    readonly serviceName?: string;
    readonly services?: readonly string[];
    readonly family?: string;
    readonly tasks?: readonly string[];
    readonly RuleArn?: string;
  };
}

const admin = async (method: string, path: string, body?: object) => {
  const { endpoint } = shop.current.stack.simulator.ready;
  const request = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return (await fetch(`${endpoint}/_simulator/${path}`, request)).json() as Promise<unknown>;
};
const calls = async () => (await admin('GET', 'calls')) as readonly Call[];
const actionOf = ({ service, operation }: Call) => `${service}:${operation}`;
const metric = (name: string, labels: Record<string, string>) => scrape(metricsPort, name, labels);

beforeAll(async () => {
  const { stack } = shop.current;
  metricsPort = await freePort();
  await stack.worker().stop();
  await stack.startWorker({ SLUICE_METRICS_PORT: String(metricsPort) });
  await admin('PUT', 'external-ids', { [aws.roleArn]: aws.externalId });
  await admin('DELETE', 'calls');
});

describe('a lane with a role of its own', () => {
  it('is refused without the external id the role asks for, before anything is changed', async () => {
    const watch = await shop.current.release('stranger', { aws: { ...aws, externalId: 'guessed' } });
    const { outcome, failure } = await watch.ended();
    expect({ outcome, code: failure?.code }).toEqual({ outcome: 'refused', code: 'aws-refused' });
    expect(failure?.message).toContain(aws.roleArn);
  });

  it('goes back, and is released and contracted, with the role', { timeout: 180_000 }, async () => {
    const { release, sluice } = shop.current;
    const aborted = await release('aborted', { aws, bake: '60s' });
    await aborted.until('the bake', ({ step }) => step.startsWith('bake'));
    expect(await sluice('abort', 'demo/shop/aborted', '--reason', 'test')).toMatchObject({ exitCode: 0 });
    expect(await aborted.ended()).toMatchObject({ outcome: 'rolled-back' });
    const released = await release('2', { aws, runs: '2', migrates: true });
    expect(await released.ended()).toMatchObject({ outcome: 'released' });
  });

  it('is changed by its role and in its region only; the worker’s own credentials do nothing but take it on', async () => {
    const seen = await calls();
    const own = seen.filter(({ roleArn }) => roleArn === undefined);
    expect(new Set(own.map(actionOf))).toEqual(new Set(actionsOf('assume-lane-roles-policy.json')));
    const asRole = seen.filter(({ roleArn }) => roleArn !== undefined);
    expect(new Set(asRole.map(({ roleArn, region }) => `${roleArn} ${region}`))).toEqual(
      new Set([`${aws.roleArn} ${aws.region}`]),
    );
  });

  it('makes the calls that the policy allows, and the policy allows no other', async () => {
    const seen = (seenAsRole = (await calls()).filter(({ roleArn }) => roleArn !== undefined));
    const needed = new Set([...seen.map(actionOf), ...impliedBy(seen), ...(await changingDefaultRule())]);
    expect([...needed].sort()).toEqual(actionsOf('worker-policy.json'));
  });

  it('makes them on the resources that the policy allows, its placeholders filled in from the manifest', async () => {
    const { ruleArn, testRuleArn, cluster } = shop.current.stack.infrastructure;
    const [account = '', ...rule] = ruleArn.split(':').slice(4);
    const [, , ...balancer] = rule.join(':').split('/');
    const filledIn = {
      ...{ REGION: aws.region, ACCOUNT: account, CLUSTER: cluster, SERVICE: 'shop' },
      ...{ BLUE_SERVICE: 'shop-blue', GREEN_SERVICE: 'shop-green', LOAD_BALANCER: balancer.slice(0, 2).join('/') },
      ...{ PRODUCTION_RULE: balancer.slice(2).join('/'), TEST_RULE: testRuleArn.split('/').slice(-2).join('/') },
    };
    const accesses = seenAsRole.flatMap((call) => accessesOf(call, `arn:aws:ecs:${aws.region}:${account}`));
    expect(new Set(accesses.map(({ action }) => action)).size).toBe(7);
    expect(accesses.filter((access) => !allows('worker-policy.json', filledIn, access))).toEqual([]);
  });
});

describe('the worker’s metrics', () => {
  it('have the releases, the verdicts, and the effects there and back', async () => {
    const lane = { environment: 'demo', service: 'shop' };
    for (const outcome of ['refused', 'rolled-back', 'released']) {
      expect(await metric('sluice_releases_ended_total', { ...lane, outcome })).toBe(1);
    }
    expect(await metric('sluice_verdicts_total', { ...lane, verdict: 'pass' })).toBe(1);
    expect(await metric('sluice_traffic_back_seconds_count', lane)).toBe(1);
    for (const way of ['forward', 'back']) {
      const effect = { kind: 'traffic', way, outcome: 'done' };
      expect(await metric('sluice_effect_seconds_count', effect)).toBeGreaterThan(0);
      expect(await metric('sluice_effect_seconds_bucket', { ...effect, le: '10' })).toBeGreaterThan(0);
    }
    expect(await metric('sluice_effect_seconds_count', { kind: 'schema', way: 'forward' })).toBe(3);
  });
});

/** What a call that AWS knows a resource for acts on. */
function accessesOf(call: Call, ecs: string): readonly Access[] {
  const { cluster = '', service, serviceName, services = [], family, tasks = [], RuleArn, tags } = call.input;
  const on = (action: string, resources: readonly string[]) => resources.map((resource) => ({ action, resource }));
  const named = [...services, ...[service ?? serviceName ?? []].flat()].map((it) => `${ecs}:service/${cluster}/${it}`);
  switch (call.operation) {
    case 'CreateService':
    case 'DescribeServices':
    case 'UpdateService':
      return on(actionOf(call), named);
    case 'DescribeTasks':
      return on(actionOf(call), tasks);
    case 'RegisterTaskDefinition':
      return [
        ...on(actionOf(call), ['*']),
        ...on('ecs:TagResource', tags === undefined ? [] : [`${ecs}:task-definition/${family}:1`]),
      ];
    case 'ModifyRule':
      return on(actionOf(call), RuleArn === undefined ? [] : [RuleArn]);
    default:
      return [];
  }
}

/** What AWS asks for beside the action of a call; it is not to be seen in the calls. The shop's tasks have no roles. */
function impliedBy(seen: readonly Call[]): readonly string[] {
  const registrations = seen.filter(({ operation }) => operation === 'RegisterTaskDefinition');
  const tagged = registrations.some(({ input }) => input.tags !== undefined);
  return [...(tagged ? ['ecs:TagResource'] : []), 'iam:PassRole'];
}

/** The weights of a listener's default rule are set with another call; here that rule is only tried. */
async function changingDefaultRule(): Promise<readonly string[]> {
  const { stack } = shop.current;
  const { ruleArn, blueTargetGroupArn: blue, greenTargetGroupArn: green } = stack.infrastructure;
  const clients = clientsAt(stack.simulator.ready.endpoint);
  const listener = ruleArn.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '');
  const TargetGroups = [blue, green].map((TargetGroupArn, Weight) => ({ TargetGroupArn, Weight }));
  await clients.elb.modifyListener({
    ListenerArn: listener,
    DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
  });
  const { Rules = [] } = await clients.elb.describeRules({ ListenerArn: listener });
  const defaultRule = Rules.find(({ IsDefault }) => IsDefault === true)?.RuleArn ?? '';
  await admin('DELETE', 'calls');
  const router = createAlbTrafficRouter(clients);
  await router.setWeights({ ruleArn: defaultRule, targetGroups: { blue, green }, weights: { blue: 1, green: 0 } });
  for (const client of Object.values(clients)) client.destroy();
  return (await calls()).map(actionOf);
}
