import type { ECSClient } from '@aws-sdk/client-ecs';
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  type ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** What a team has before its first release: a cluster, a load balancer, two target groups, two rules. */
export interface Infrastructure {
  readonly cluster: string;
  readonly blueTargetGroupArn: string;
  readonly greenTargetGroupArn: string;
  /** The production rule: blue 100, green 0. */
  readonly ruleArn: string;
  /** Matches requests with the test header, whatever colour it points at. */
  readonly testRuleArn: string;
  readonly testHeader: { readonly name: string; readonly value: string };
  /** Where shoppers go. */
  readonly url: string;
}

const testHeader = { name: 'x-sluice-test', value: 'idle' };

/** Made through the AWS SDK alone, as Terraform would on an account. */
export async function provideInfrastructure(clients: {
  readonly ecs: ECSClient;
  readonly elb: ElasticLoadBalancingV2Client;
}): Promise<Infrastructure> {
  const { ecs, elb } = clients;
  const cluster = 'shop';
  await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'shop', Subnets: ['subnet-a', 'subnet-b'] }),
  );
  const loadBalancerArn = required(LoadBalancers?.[0]?.LoadBalancerArn, 'load balancer');
  const blueTargetGroupArn = await createTargetGroup(elb, 'shop-blue');
  const greenTargetGroupArn = await createTargetGroup(elb, 'shop-green');
  const both = (blue: number, green: number) => [
    {
      Type: 'forward' as const,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: blueTargetGroupArn, Weight: blue },
          { TargetGroupArn: greenTargetGroupArn, Weight: green },
        ],
      },
    },
  ];
  const { Listeners } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancerArn,
      Protocol: 'HTTP',
      Port: 0,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    }),
  );
  const listenerArn = required(Listeners?.[0]?.ListenerArn, 'listener');
  const test = await elb.send(
    new CreateRuleCommand({
      ListenerArn: listenerArn,
      Priority: 1,
      Conditions: [
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: testHeader.name, Values: [testHeader.value] } },
      ],
      Actions: both(0, 100),
    }),
  );
  const production = await elb.send(
    new CreateRuleCommand({
      ListenerArn: listenerArn,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: both(100, 0),
    }),
  );
  const described = await elb.send(new DescribeListenersCommand({ ListenerArns: [listenerArn] }));
  return {
    cluster,
    blueTargetGroupArn,
    greenTargetGroupArn,
    ruleArn: required(production.Rules?.[0]?.RuleArn, 'production rule'),
    testRuleArn: required(test.Rules?.[0]?.RuleArn, 'test rule'),
    testHeader,
    url: `http://127.0.0.1:${required(described.Listeners?.[0]?.Port, 'listener port')}`,
  };
}

async function createTargetGroup(elb: ElasticLoadBalancingV2Client, name: string): Promise<string> {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: 'vpc-shop',
      TargetType: 'ip',
      HealthCheckPath: '/health',
      // An Application Load Balancer's shortest: 5 s and 2 checks.
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  const arn = required(TargetGroups?.[0]?.TargetGroupArn, `target group ${name}`);
  await elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '3' }],
    }),
  );
  return arn;
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`expected AWS to answer with the ${what} it made, found nothing`);
  return value;
}
