import {
  CreateClusterCommand,
  DescribeServicesCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Account, openAccount } from './support/account.js';
import { type BlueGreen, openBlueGreen } from './support/blue-green.js';
import { until } from './support/until.js';

let account: Account;
let shop: BlueGreen;
beforeAll(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
});
afterEach(() => account.admin('DELETE', '/_simulator/faults'));
afterAll(() => account.close());

async function arm(fault: object): Promise<void> {
  await account.admin('POST', '/_simulator/faults', fault);
}

async function greenWeight(): Promise<number | undefined> {
  const { Rules = [] } = await account.elb.send(new DescribeRulesCommand({ RuleArns: [shop.ruleArn] }));
  return Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.[1]?.Weight;
}

test('throttles as many calls as told, with the code of each service', async () => {
  await arm({ operation: 'DescribeRules', kind: 'throttle', times: 2 });
  await expect(greenWeight()).rejects.toMatchObject({ name: 'Throttling', message: 'Rate exceeded' });
  await expect(greenWeight()).rejects.toMatchObject({ name: 'Throttling' });
  expect(await greenWeight()).toBe(0);
  await arm({ operation: 'CreateCluster', kind: 'throttle' });
  await expect(account.ecs.send(new CreateClusterCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' });
  await arm({ operation: 'GetMetricData', kind: 'throttle' });
  const metrics = new GetMetricDataCommand({ MetricDataQueries: [], StartTime: new Date(0), EndTime: new Date() });
  await expect(account.cloudWatch.send(metrics)).rejects.toMatchObject({ name: 'ThrottlingException' });
});

test('fails with a server error, or with the code it was told', async () => {
  await arm({ operation: 'ModifyRule', kind: 'error' });
  await expect(shop.shift({ blue: 1, green: 7 })).rejects.toMatchObject({
    name: 'InternalFailure',
    $metadata: { httpStatusCode: 500 },
  });
  await arm({ operation: 'ModifyRule', kind: 'error', code: 'AccessDenied', message: 'no', status: 403 });
  await expect(shop.shift({ blue: 1, green: 7 })).rejects.toMatchObject({ name: 'AccessDenied', message: 'no' });
  expect(await greenWeight()).not.toBe(7);
});

test('takes effect and never answers', async () => {
  await arm({ operation: 'ModifyRule', kind: 'timeout-after-effect' });
  await expect(shiftWithin(300, 11)).rejects.toMatchObject({ name: 'AbortError' });
  expect(await greenWeight()).toBe(11);
});

test('cuts the connection after taking effect', async () => {
  await arm({ operation: 'ModifyRule', kind: 'timeout-after-effect', milliseconds: 0 });
  await expect(shop.shift({ blue: 1, green: 12 })).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await greenWeight()).toBe(12);
});

test('never answers and takes no effect', async () => {
  await shop.shift({ blue: 1, green: 13 });
  await arm({ operation: 'ModifyRule', kind: 'timeout-before-effect' });
  await expect(shiftWithin(300, 14)).rejects.toMatchObject({ name: 'AbortError' });
  expect(await greenWeight()).toBe(13);
});

test('answers the state before the last change as often as told', async () => {
  await shop.shift({ blue: 1, green: 20 });
  await shop.shift({ blue: 1, green: 21 });
  await arm({ operation: 'DescribeRules', kind: 'stale-read', times: 2 });
  expect([await greenWeight(), await greenWeight(), await greenWeight()]).toEqual([20, 20, 21]);
});

test('answers a stale service as well', async () => {
  await shop.createService('green', await shop.taskDefinition('green'), { desiredCount: 0 });
  const change = { cluster: 'test', service: 'green', healthCheckGracePeriodSeconds: 77 };
  await account.ecs.send(new UpdateServiceCommand(change));
  await arm({ operation: 'DescribeServices', kind: 'stale-read' });
  const seen = [];
  for (let asked = 0; asked < 2; asked += 1) {
    const { services = [] } = await account.ecs.send(
      new DescribeServicesCommand({ cluster: 'test', services: ['green'] }),
    );
    seen.push(services[0]?.healthCheckGracePeriodSeconds);
  }
  expect(seen).toEqual([10, 77]);
});

test('does not count a refused change as the last one', async () => {
  await shop.shift({ blue: 1, green: 30 });
  await shop.shift({ blue: 1, green: 31 });
  await expect(shop.shift({ blue: 1, green: 1_000 })).rejects.toThrow();
  await arm({ operation: 'DescribeRules', kind: 'stale-read' });
  expect(await greenWeight()).toBe(30);
});

test('holds a task back before it starts', async () => {
  await arm({ kind: 'slow-start', milliseconds: 700 });
  const createdAt = Date.now();
  await shop.createService('blue', await shop.taskDefinition('blue'));
  await until('there is a pending task', async () => {
    const service = await account.service('blue');
    return service.pendingCount === 1 && service.runningCount === 0;
  });
  await until('the task runs', async () => (await account.service('blue')).runningCount === 1);
  expect(Date.now() - createdAt).toBeGreaterThanOrEqual(700);
});

test('lists what is armed and refuses what it does not know', async () => {
  await arm({ operation: 'ModifyRule', kind: 'throttle', times: 3 });
  expect(await account.admin('GET', '/_simulator/faults')).toEqual([
    { operation: 'ModifyRule', kind: 'throttle', times: 3 },
  ]);
  await expect(arm({ operation: 'ModifyRule', kind: 'earthquake' })).rejects.toThrow(/kind.* must be/);
  await expect(arm({ kind: 'throttle' })).rejects.toThrow(/operation.* must be/);
});

test('logs every call with its outcome and the fault that struck it', async () => {
  await account.admin('DELETE', '/_simulator/calls');
  await arm({ operation: 'ModifyRule', kind: 'throttle' });
  await expect(shop.shift({ blue: 1, green: 1 })).rejects.toThrow();
  await shop.shift({ blue: 1, green: 1 });
  await expect(account.ecs.send(new ListTasksCommand({ cluster: 'none' }))).rejects.toThrow();
  const calls = await account.admin('GET', '/_simulator/calls');
  expect(calls).toMatchObject([
    { service: 'elasticloadbalancing', operation: 'ModifyRule', outcome: 'Throttling', fault: 'throttle' },
    { operation: 'ModifyRule', outcome: 'ok', input: { RuleArn: shop.ruleArn } },
    { service: 'ecs', operation: 'ListTasks', outcome: 'ClusterNotFoundException', input: { cluster: 'none' } },
  ]);
});

async function shiftWithin(milliseconds: number, green: number): Promise<void> {
  const TargetGroups = [
    { TargetGroupArn: shop.groups.blue, Weight: 1 },
    { TargetGroupArn: shop.groups.green, Weight: green },
  ];
  const change = new ModifyRuleCommand({
    RuleArn: shop.ruleArn,
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
  });
  await account.elb.send(change, { abortSignal: AbortSignal.timeout(milliseconds) });
}
