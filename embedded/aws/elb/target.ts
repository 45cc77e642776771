import type {
  DeregisterTargetsInput,
  DescribeTargetHealthInput,
  DescribeTargetHealthOutput,
  RegisterTargetsInput,
  TargetDescription,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';
import type { Timings } from '../timings.js';
import type { Elb } from './elb.js';
import { type ElbStore, findTargetGroup, required, type Target, type TargetGroup } from './store.js';

export function registerTargets(elb: Elb, input: RegisterTargetsInput): object {
  const group = findTargetGroup(elb.store, input.TargetGroupArn);
  const wanted = required('Targets', input.Targets).map((target) => checkTarget(group, target));
  for (const { id, port } of wanted) registerTarget(elb, group, id, port);
  return {};
}

export function deregisterTargets(elb: Elb, input: DeregisterTargetsInput): object {
  const group = findTargetGroup(elb.store, input.TargetGroupArn);
  const wanted = required('Targets', input.Targets).map((target) => checkTarget(group, target));
  for (const { id, port } of wanted) deregisterTarget(elb, group, id, port);
  return {};
}

export function describeTargetHealth(store: ElbStore, input: DescribeTargetHealthInput): DescribeTargetHealthOutput {
  const group = findTargetGroup(store, input.TargetGroupArn);
  if (input.Targets === undefined) return { TargetHealthDescriptions: group.targets.map(answerOf) };
  const asked = input.Targets.map((target) => {
    const { id, port } = checkTarget(group, target);
    const found = findTarget(group, id, port);
    if (found !== undefined) return answerOf(found);
    return {
      Target: { Id: id, Port: port },
      TargetHealth: {
        State: 'unused' as const,
        Reason: 'Target.NotRegistered' as const,
        Description: 'Target is not registered to the target group',
      },
    };
  });
  return { TargetHealthDescriptions: asked };
}

/** A draining target that is registered again starts anew. */
export function registerTarget({ dataPlane }: Elb, group: TargetGroup, id: string, port: number): void {
  const existing = findTarget(group, id, port);
  if (existing !== undefined && existing.state !== 'draining') return;
  group.targets = group.targets.filter((target) => target !== existing);
  group.targets.push({
    id,
    port,
    registeredAt: Date.now(),
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    description: 'Target registration is in progress',
  });
  dataPlane.applyTargets(group.arn);
}

/** No new request reaches the target from here on; it stays listed as draining until the delay is over. */
export function deregisterTarget({ dataPlane, timings }: Elb, group: TargetGroup, id: string, port: number): void {
  const target = findTarget(group, id, port);
  if (target === undefined || target.state === 'draining') return;
  target.state = 'draining';
  target.reason = 'Target.DeregistrationInProgress';
  target.description = 'Target deregistration is in progress';
  target.drainedAt = Date.now() + deregistrationDelayMs(group, timings);
  dataPlane.applyTargets(group.arn);
}

export function findTarget(group: TargetGroup, id: string, port: number): Target | undefined {
  return group.targets.find((target) => target.id === id && target.port === port);
}

export function deregistrationDelayMs(group: TargetGroup, timings: Timings): number {
  return timings.deregistrationDelayMs ?? Number(group.attributes['deregistration_delay.timeout_seconds']) * 1_000;
}

function checkTarget(group: TargetGroup, target: TargetDescription): { id: string; port: number } {
  const id = required('Id', target.Id);
  if (group.targetType === 'ip' && !/^\d{1,3}(\.\d{1,3}){3}$/.test(id)) {
    throw new AwsError('InvalidTarget', `The target '${id}' is not a valid IP address`);
  }
  return { id, port: target.Port ?? group.port };
}

function answerOf(target: Target): TargetHealthDescription {
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: 'us-east-1a' },
    HealthCheckPort: String(target.port),
    TargetHealth: {
      State: target.state,
      ...(target.reason === undefined ? {} : { Reason: target.reason as 'Target.NotInUse' }),
      ...(target.description === undefined ? {} : { Description: target.description }),
    },
  };
}
