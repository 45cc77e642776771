import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  type TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, createGroup, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
let target: Server;
let answer: number | 'nothing';
beforeEach(async () => {
  account = await openAccount({ timings: { deregistrationDelayMs: 400 } });
  shop = await openBlueGreen(account);
  answer = 200;
  target = createServer((_request, response) => {
    if (answer === 'nothing') return;
    response.statusCode = answer;
    response.end('target');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  target.close();
  target.closeAllConnections();
  await account.close();
});

function port(): number {
  return (target.address() as AddressInfo).port;
}

async function register(TargetGroupArn: string): Promise<void> {
  const Targets = [{ Id: '127.0.0.1', Port: port() }];
  await account.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
}

async function health(group: string): Promise<TargetHealth | undefined> {
  return (await account.targets(group))[0]?.TargetHealth;
}

async function becomes(group: string, State: string, Reason?: string): Promise<TargetHealth> {
  return until(`the target is ${State} for ${Reason}`, async () => {
    const now = await health(group);
    return now?.State === State && now.Reason === Reason ? now : undefined;
  });
}

test('starts as initial and is healthy after its first passed check', async () => {
  await register(shop.groups.blue);
  expect(await health(shop.groups.blue)).toMatchObject({ State: 'initial' });
  await becomes(shop.groups.blue, 'healthy');
});

test('does not check a target whose group no rule uses, and starts once one does', async () => {
  const group = await createGroup(account, 'loose');
  await register(group);
  await becomes(group, 'unused', 'Target.NotInUse');
  await account.elb.send(
    new CreateRuleCommand({
      ListenerArn: shop.listenerArn,
      Priority: 20,
      Conditions: [{ Field: 'path-pattern', Values: ['/loose'] }],
      Actions: [{ Type: 'forward', TargetGroupArn: group }],
    }),
  );
  await becomes(group, 'healthy');
});

test('leaves a group alone again when its rule goes', async () => {
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'healthy');
  await account.elb.send(new DeleteRuleCommand({ RuleArn: shop.ruleArn }));
  await becomes(shop.groups.blue, 'unused', 'Target.NotInUse');
});

test('turns unhealthy on wrong codes and healthy again after enough passed checks', async () => {
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'healthy');
  answer = 503;
  const unhealthy = await becomes(shop.groups.blue, 'unhealthy', 'Target.ResponseCodeMismatch');
  expect(unhealthy.Description).toBe('Health checks failed with these codes: [503]');
  answer = 200;
  await becomes(shop.groups.blue, 'healthy');
});

test('tells a target that does not answer in time', async () => {
  answer = 'nothing';
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'unhealthy', 'Target.Timeout');
});

test('tells a target that nothing listens at', async () => {
  const Targets = [{ Id: '127.0.0.1', Port: 9 }];
  await account.elb.send(new RegisterTargetsCommand({ TargetGroupArn: shop.groups.blue, Targets }));
  await becomes(shop.groups.blue, 'unhealthy', 'Target.FailedHealthChecks');
});

test('routes to an unhealthy target while there is no healthy one', async () => {
  answer = 500;
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'unhealthy', 'Target.ResponseCodeMismatch');
  expect((await fetch(shop.url)).status).toBe(500);
});

test('drains a deregistered target for the delay and then forgets it', async () => {
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'healthy');
  const deregistration = { TargetGroupArn: shop.groups.blue, Targets: [{ Id: '127.0.0.1', Port: port() }] };
  await account.elb.send(new DeregisterTargetsCommand(deregistration));
  await becomes(shop.groups.blue, 'draining', 'Target.DeregistrationInProgress');
  expect((await fetch(shop.url)).status).toBe(503);
  await until('the target is gone', async () => (await account.targets(shop.groups.blue)).length === 0);
  const { TargetHealthDescriptions = [] } = await account.elb.send(new DescribeTargetHealthCommand(deregistration));
  expect(TargetHealthDescriptions[0]?.TargetHealth).toMatchObject({ State: 'unused', Reason: 'Target.NotRegistered' });
});

test('takes a draining target back when it is registered again', async () => {
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'healthy');
  const deregistration = { TargetGroupArn: shop.groups.blue, Targets: [{ Id: '127.0.0.1', Port: port() }] };
  await account.elb.send(new DeregisterTargetsCommand(deregistration));
  await register(shop.groups.blue);
  await becomes(shop.groups.blue, 'healthy');
  expect(await (await fetch(shop.url)).text()).toBe('target');
});
