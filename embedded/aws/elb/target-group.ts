import type {
  CreateTargetGroupInput,
  CreateTargetGroupOutput,
  DeleteTargetGroupInput,
  DescribeTargetGroupsInput,
  DescribeTargetGroupsOutput,
  ModifyTargetGroupInput,
  ModifyTargetGroupOutput,
  TargetGroup as TargetGroupAnswer,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { arnOf, hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { Elb } from './elb.js';
import {
  type ElbStore,
  findLoadBalancer,
  findTargetGroup,
  type HealthCheck,
  loadBalancersUsing,
  required,
  type TargetGroup,
} from './store.js';
import { defaultAttributes } from './target-group-attributes.js';

const defaultHealthCheck: HealthCheck = {
  path: '/',
  port: 'traffic-port',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: '200',
};

export function createTargetGroup({ store }: Elb, input: CreateTargetGroupInput): CreateTargetGroupOutput {
  const name = required('Name', input.Name);
  if (!/^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name)) {
    throw new AwsError('ValidationError', `Target group name '${name}' must be 1 to 32 letters, digits or hyphens`);
  }
  if (input.Protocol !== 'HTTP') {
    throw new AwsError('UnsupportedProtocol', `Target groups with protocol '${input.Protocol}' are not simulated`);
  }
  const port = required('Port', input.Port);
  const targetType = input.TargetType ?? 'instance';
  const health = checkHealth({ ...defaultHealthCheck, ...healthGiven(input) });
  const existing = [...store.targetGroups.values()].find((group) => group.name === name);
  if (existing !== undefined) {
    const wanted = JSON.stringify([port, targetType, health]);
    if (JSON.stringify([existing.port, existing.targetType, existing.health]) === wanted) {
      return { TargetGroups: [answerOf(store, existing)] };
    }
    throw new AwsError(
      'DuplicateTargetGroupName',
      `A target group with the same name '${name}' exists, but with different settings`,
    );
  }
  const dimension = `targetgroup/${name}/${hexId(16)}`;
  const group: TargetGroup = {
    arn: arnOf('elasticloadbalancing', dimension),
    name,
    dimension,
    port,
    vpcId: input.VpcId,
    targetType,
    createdAt: new Date(),
    health,
    attributes: { ...defaultAttributes },
    targets: [],
  };
  store.targetGroups.set(group.arn, group);
  store.tags.set(group.arn, input.Tags ?? []);
  return { TargetGroups: [answerOf(store, group)] };
}

export function describeTargetGroups(store: ElbStore, input: DescribeTargetGroupsInput): DescribeTargetGroupsOutput {
  return { TargetGroups: selectGroups(store, input).map((group) => answerOf(store, group)) };
}

export function modifyTargetGroup({ store }: Elb, input: ModifyTargetGroupInput): ModifyTargetGroupOutput {
  const group = findTargetGroup(store, input.TargetGroupArn);
  group.health = checkHealth({ ...group.health, ...healthGiven(input) });
  return { TargetGroups: [answerOf(store, group)] };
}

export function deleteTargetGroup({ store, dataPlane }: Elb, input: DeleteTargetGroupInput): object {
  const arn = required('TargetGroupArn', input.TargetGroupArn);
  if (loadBalancersUsing(store, arn).size > 0) {
    throw new AwsError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`);
  }
  store.targetGroups.delete(arn);
  store.tags.delete(arn);
  dataPlane.forgetGroup(arn);
  return {};
}

function selectGroups(store: ElbStore, input: DescribeTargetGroupsInput): TargetGroup[] {
  if (input.TargetGroupArns !== undefined) return input.TargetGroupArns.map((arn) => findTargetGroup(store, arn));
  const all = [...store.targetGroups.values()];
  if (input.Names !== undefined) {
    return input.Names.map((name) => {
      const group = all.find((candidate) => candidate.name === name);
      if (group === undefined) throw new AwsError('TargetGroupNotFound', 'One or more target groups not found');
      return group;
    });
  }
  if (input.LoadBalancerArn === undefined) return all;
  const { arn } = findLoadBalancer(store, input.LoadBalancerArn);
  return all.filter((group) => loadBalancersUsing(store, group.arn).has(arn));
}

function healthGiven(input: Omit<ModifyTargetGroupInput, 'TargetGroupArn'>): Partial<HealthCheck> {
  const given: Partial<Record<keyof HealthCheck, string | number | undefined>> = {
    path: input.HealthCheckPath,
    port: input.HealthCheckPort,
    intervalSeconds: input.HealthCheckIntervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount,
    unhealthyThreshold: input.UnhealthyThresholdCount,
    matcher: input.Matcher?.HttpCode,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function checkHealth(health: HealthCheck): HealthCheck {
  range('Health check interval', health.intervalSeconds, 5, 300, ' seconds');
  range('Health check timeout', health.timeoutSeconds, 2, 120, ' seconds');
  range('Healthy threshold count', health.healthyThreshold, 2, 10, '');
  range('Unhealthy threshold count', health.unhealthyThreshold, 2, 10, '');
  if (health.timeoutSeconds >= health.intervalSeconds) {
    throw new AwsError('ValidationError', 'Health check timeout must be smaller than the interval');
  }
  if (!health.path.startsWith('/')) {
    throw new AwsError('ValidationError', `Health check path '${health.path}' must begin with a '/' character`);
  }
  if (!/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/.test(health.matcher)) {
    throw new AwsError(
      'ValidationError',
      `Health check matcher HTTP code '${health.matcher}' must be within '200-499'`,
    );
  }
  return health;
}

function range(what: string, value: number, least: number, most: number, unit: string): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new AwsError('ValidationError', `${what} '${value}' must be between ${least} and ${most}${unit}`);
}

function answerOf(store: ElbStore, group: TargetGroup): TargetGroupAnswer {
  const { health } = group;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: 'HTTP',
    ProtocolVersion: 'HTTP1',
    Port: group.port,
    VpcId: group.vpcId,
    TargetType: group.targetType as 'instance' | 'ip',
    IpAddressType: 'ipv4',
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: health.port,
    HealthCheckEnabled: true,
    HealthCheckPath: health.path,
    HealthCheckIntervalSeconds: health.intervalSeconds,
    HealthCheckTimeoutSeconds: health.timeoutSeconds,
    HealthyThresholdCount: health.healthyThreshold,
    UnhealthyThresholdCount: health.unhealthyThreshold,
    Matcher: { HttpCode: health.matcher },
    LoadBalancerArns: [...loadBalancersUsing(store, group.arn)],
  };
}
