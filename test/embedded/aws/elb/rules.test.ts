import {
  type Action,
  CreateListenerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  AddTagsCommand,
  DescribeTagsCommand,
  CreateLoadBalancerCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, createGroup, openBlueGreen } from '../support/blue-green.js';

let account: Account;
let shop: BlueGreen;
beforeAll(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
});
afterAll(() => account.close());

const unknownGroup = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/none/0123456789abcdef';

function forwardTo(...groups: { TargetGroupArn: string; Weight?: number }[]): Action[] {
  return [{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }];
}

describe('refuses, with the code AWS gives,', () => {
  const refusals: [string, () => Action[], string][] = [
    ['a weight above 999', () => forwardTo({ TargetGroupArn: shop.groups.blue, Weight: 1_000 }), 'ValidationError'],
    ['a negative weight', () => forwardTo({ TargetGroupArn: shop.groups.blue, Weight: -1 }), 'ValidationError'],
    [
      'a target group that is not there',
      () => forwardTo({ TargetGroupArn: unknownGroup }),
      'TargetGroupNotFoundException',
    ],
    [
      'more than five target groups',
      () => forwardTo(...Array.from({ length: 6 }, () => ({ TargetGroupArn: shop.groups.blue }))),
      'TooManyTargetGroupsException',
    ],
    [
      'a TargetGroupArn that disagrees with the ForwardConfig',
      () => [
        {
          Type: 'forward',
          TargetGroupArn: shop.groups.blue,
          ForwardConfig: { TargetGroups: [{ TargetGroupArn: shop.groups.green }] },
        },
      ],
      'InvalidLoadBalancerActionException',
    ],
    [
      'stickiness without a duration',
      () => [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [{ TargetGroupArn: shop.groups.blue }],
            TargetGroupStickinessConfig: { Enabled: true },
          },
        },
      ],
      'ValidationError',
    ],
    ['an action of no known type', () => [{ Type: 'teleport' as 'forward' }], 'ValidationError'],
    ['no action at all', () => [], 'ValidationError'],
  ];

  test.each(refusals)('%s', async (_what, actions, code) => {
    const before = await account.elb.send(new DescribeRulesCommand({ RuleArns: [shop.ruleArn] }));
    const change = new ModifyRuleCommand({ RuleArn: shop.ruleArn, Actions: actions() });
    await expect(account.elb.send(change)).rejects.toMatchObject({ name: code });
    const after = await account.elb.send(new DescribeRulesCommand({ RuleArns: [shop.ruleArn] }));
    expect(after.Rules).toEqual(before.Rules);
  });

  test('a rule that is not there', async () => {
    const RuleArn = `${shop.ruleArn}0`;
    await expect(account.elb.send(new DescribeRulesCommand({ RuleArns: [RuleArn] }))).rejects.toMatchObject({
      name: 'RuleNotFoundException',
    });
  });

  test('a listener that is not there', async () => {
    const ListenerArn = `${shop.listenerArn}0`;
    await expect(account.elb.send(new DescribeRulesCommand({ ListenerArn }))).rejects.toMatchObject({
      name: 'ListenerNotFoundException',
    });
  });

  test('a priority that is taken', async () => {
    const rule = new CreateRuleCommand({
      ListenerArn: shop.listenerArn,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', Values: ['/x'] }],
      Actions: forwardTo({ TargetGroupArn: shop.groups.blue }),
    });
    await expect(account.elb.send(rule)).rejects.toMatchObject({ name: 'PriorityInUseException' });
  });

  test('the deletion of a target group a rule uses', async () => {
    const deletion = new DeleteTargetGroupCommand({ TargetGroupArn: shop.groups.blue });
    await expect(account.elb.send(deletion)).rejects.toMatchObject({ name: 'ResourceInUseException' });
  });

  test('a target group of the same name with other settings', async () => {
    const again = new CreateTargetGroupCommand({ Name: 'blue', Protocol: 'HTTP', Port: 81, TargetType: 'ip' });
    await expect(account.elb.send(again)).rejects.toMatchObject({ name: 'DuplicateTargetGroupNameException' });
  });

  test('a health check more often than every 5 seconds', async () => {
    const group = new CreateTargetGroupCommand({
      Name: 'hasty',
      Protocol: 'HTTP',
      Port: 80,
      HealthCheckIntervalSeconds: 4,
      HealthCheckTimeoutSeconds: 2,
    });
    await expect(account.elb.send(group)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  test('an attribute it does not know', async () => {
    const change = new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: shop.groups.blue,
      Attributes: [{ Key: 'no.such.key', Value: '1' }],
    });
    await expect(account.elb.send(change)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  test('a target group that already belongs to another load balancer', async () => {
    const { LoadBalancers = [] } = await account.elb.send(new CreateLoadBalancerCommand({ Name: 'other' }));
    const listener = new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Port: 0,
      Protocol: 'HTTP',
      DefaultActions: forwardTo({ TargetGroupArn: shop.groups.blue }),
    });
    await expect(account.elb.send(listener)).rejects.toMatchObject({ name: 'TargetGroupAssociationLimitException' });
  });

  test('a change of the default rule through ModifyRule', async () => {
    const { Rules = [] } = await account.elb.send(new DescribeRulesCommand({ ListenerArn: shop.listenerArn }));
    const RuleArn = Rules.find(({ IsDefault }) => IsDefault)?.RuleArn;
    const change = new ModifyRuleCommand({ RuleArn, Actions: forwardTo({ TargetGroupArn: shop.groups.blue }) });
    await expect(account.elb.send(change)).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
  });
});

test('replaces the whole list of actions and answers what was sent', async () => {
  await shop.shift({ blue: 90, green: 10 }, 60);
  await account.elb.send(
    new ModifyRuleCommand({ RuleArn: shop.ruleArn, Actions: forwardTo({ TargetGroupArn: shop.groups.green }) }),
  );
  const { Rules = [] } = await account.elb.send(new DescribeRulesCommand({ RuleArns: [shop.ruleArn] }));
  expect(Rules[0]?.Actions).toEqual([
    {
      Type: 'forward',
      Order: 1,
      TargetGroupArn: shop.groups.green,
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: shop.groups.green, Weight: 1 }],
        TargetGroupStickinessConfig: { Enabled: false },
      },
    },
  ]);
  expect(Rules[0]?.Conditions?.[0]?.PathPatternConfig?.Values).toEqual(['/*']);
  await shop.shift({ blue: 100, green: 0 });
});

test('lists rules by priority with the default rule last, and lets one go', async () => {
  const { Rules: created = [] } = await account.elb.send(
    new CreateRuleCommand({
      ListenerArn: shop.listenerArn,
      Priority: 5,
      Conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-test', Values: ['yes'] } }],
      Actions: forwardTo({ TargetGroupArn: shop.groups.green }),
      Tags: [{ Key: 'for', Value: 'smoke' }],
    }),
  );
  const RuleArn = created[0]?.RuleArn ?? '';
  const { Rules = [] } = await account.elb.send(new DescribeRulesCommand({ ListenerArn: shop.listenerArn }));
  expect(Rules.map(({ Priority }) => Priority)).toEqual(['5', '10', 'default']);
  const { TagDescriptions = [] } = await account.elb.send(new DescribeTagsCommand({ ResourceArns: [RuleArn] }));
  expect(TagDescriptions[0]?.Tags).toEqual([{ Key: 'for', Value: 'smoke' }]);

  await account.elb.send(new DeleteRuleCommand({ RuleArn }));
  const rest = await account.elb.send(new DescribeRulesCommand({ ListenerArn: shop.listenerArn }));
  expect(rest.Rules).toHaveLength(2);
});

test('changes the default action through ModifyListener', async () => {
  const DefaultActions = [{ Type: 'fixed-response' as const, FixedResponseConfig: { StatusCode: '410' } }];
  await account.elb.send(new ModifyListenerCommand({ ListenerArn: shop.listenerArn, DefaultActions }));
  const { Listeners = [] } = await account.elb.send(
    new DescribeListenersCommand({ LoadBalancerArn: shop.loadBalancerArn }),
  );
  expect(Listeners[0]?.DefaultActions?.[0]?.FixedResponseConfig?.StatusCode).toBe('410');
});

test('answers the load balancer and the target groups it uses', async () => {
  const { LoadBalancers = [] } = await account.elb.send(new DescribeLoadBalancersCommand({ Names: ['shop'] }));
  expect(LoadBalancers[0]).toMatchObject({ LoadBalancerArn: shop.loadBalancerArn, State: { Code: 'active' } });
  expect(LoadBalancers[0]?.CreatedTime).toBeInstanceOf(Date);
  const { TargetGroups = [] } = await account.elb.send(
    new DescribeTargetGroupsCommand({ LoadBalancerArn: shop.loadBalancerArn }),
  );
  expect(TargetGroups.map(({ TargetGroupName }) => TargetGroupName).sort()).toEqual(['blue', 'green']);
  expect(TargetGroups[0]?.LoadBalancerArns).toEqual([shop.loadBalancerArn]);
});

test('keeps target group attributes and tags', async () => {
  const TargetGroupArn = await createGroup(account, 'spare');
  await account.elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '15' }],
    }),
  );
  const { Attributes } = await account.elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }));
  expect(Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '15' });
  expect(Attributes).toContainEqual({ Key: 'stickiness.enabled', Value: 'false' });

  await account.elb.send(new AddTagsCommand({ ResourceArns: [TargetGroupArn], Tags: [{ Key: 'a', Value: '1' }] }));
  await account.elb.send(new AddTagsCommand({ ResourceArns: [TargetGroupArn], Tags: [{ Key: 'a', Value: '2' }] }));
  const { TagDescriptions = [] } = await account.elb.send(new DescribeTagsCommand({ ResourceArns: [TargetGroupArn] }));
  expect(TagDescriptions[0]?.Tags).toEqual([{ Key: 'a', Value: '2' }]);
});
