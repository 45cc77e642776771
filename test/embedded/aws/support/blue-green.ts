import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type KeyValuePair,
  RegisterTaskDefinitionCommand,
  type Secret,
} from '@aws-sdk/client-ecs';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Account } from './account.js';
import { app } from './app.js';
import { until } from './until.js';

export type Colour = 'blue' | 'green';

/** A load balancer whose one rule forwards to a blue and a green target group. */
export interface BlueGreen {
  readonly url: string;
  readonly loadBalancerArn: string;
  readonly listenerArn: string;
  readonly ruleArn: string;
  readonly groups: Readonly<Record<Colour, string>>;
  shift(weights: Record<Colour, number>, stickySeconds?: number): Promise<void>;
  /** Registers a task definition of the test app; answers its ARN. */
  taskDefinition(colour: Colour, more?: TaskDefinitionOptions): Promise<string>;
  createService(colour: Colour, taskDefinition: string, more?: Partial<CreateServiceCommandInput>): Promise<void>;
  /** A service of the colour with so many healthy targets. */
  serve(colour: Colour, desiredCount: number): Promise<void>;
  healthy(colour: Colour, count: number): Promise<void>;
}

export interface TaskDefinitionOptions {
  readonly environment?: Record<string, string>;
  readonly secrets?: Secret[];
  readonly image?: string;
  readonly stopTimeout?: number;
}

export async function openBlueGreen(account: Account): Promise<BlueGreen> {
  const { ecs, elb } = account;
  await ecs.send(new CreateClusterCommand({ clusterName: 'test' }));
  const image = await account.image(app);
  const created = await elb.send(new CreateLoadBalancerCommand({ Name: 'shop' }));
  const loadBalancerArn = created.LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const groups = { blue: await createGroup(account, 'blue'), green: await createGroup(account, 'green') };
  const { Listeners = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: loadBalancerArn,
      Port: 0,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    }),
  );
  const { ListenerArn = '', Port } = Listeners[0] ?? {};
  const { Rules = [] } = await elb.send(
    new CreateRuleCommand({
      ListenerArn,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: [forwardAction({ blue: 100, green: 0 })],
    }),
  );
  const ruleArn = Rules[0]?.RuleArn ?? '';

  const blueGreen: BlueGreen = {
    url: `http://127.0.0.1:${Port}`,
    loadBalancerArn,
    listenerArn: ListenerArn,
    ruleArn,
    groups,
    async shift(weights, stickySeconds) {
      await elb.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: [forwardAction(weights, stickySeconds)] }));
    },
    async taskDefinition(colour, more = {}) {
      const environment: KeyValuePair[] = Object.entries({ COLOUR: colour, ...more.environment }).map(
        ([name, value]) => ({ name, value }),
      );
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: colour,
          networkMode: 'awsvpc',
          containerDefinitions: [
            {
              name: 'app',
              image: more.image ?? image,
              portMappings: [{ containerPort: 8080 }],
              environment,
              ...(more.secrets === undefined ? {} : { secrets: more.secrets }),
              ...(more.stopTimeout === undefined ? {} : { stopTimeout: more.stopTimeout }),
            },
          ],
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? '';
    },
    async createService(colour, taskDefinition, more = {}) {
      await ecs.send(
        new CreateServiceCommand({
          cluster: 'test',
          serviceName: colour,
          taskDefinition,
          desiredCount: 1,
          // A busy machine starts a process slowly; at these intervals it would be given up before it listens.
          healthCheckGracePeriodSeconds: 10,
          loadBalancers: [{ targetGroupArn: groups[colour], containerName: 'app', containerPort: 8080 }],
          networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
          ...more,
        }),
      );
    },
    async serve(colour, desiredCount) {
      await blueGreen.createService(colour, await blueGreen.taskDefinition(colour), { desiredCount });
      await blueGreen.healthy(colour, desiredCount);
    },
    async healthy(colour, count) {
      await until(`${colour} has ${count} healthy targets`, async () => {
        const targets = await account.targets(groups[colour]);
        return targets.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length === count;
      });
    },
  };
  return blueGreen;

  function forwardAction(weights: Record<Colour, number>, stickySeconds?: number) {
    return {
      Type: 'forward' as const,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: groups.blue, Weight: weights.blue },
          { TargetGroupArn: groups.green, Weight: weights.green },
        ],
        TargetGroupStickinessConfig:
          stickySeconds === undefined ? { Enabled: false } : { Enabled: true, DurationSeconds: stickySeconds },
      },
    };
  }
}

export async function createGroup({ elb }: Account, name: string): Promise<string> {
  const { TargetGroups = [] } = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: 8080,
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  );
  return TargetGroups[0]?.TargetGroupArn ?? '';
}
