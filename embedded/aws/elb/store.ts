import type { Action, RuleCondition, Tag } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';

/** Everything the load balancing API can tell: plain records by ARN, so that a copy is a snapshot. */
export interface ElbStore {
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly listeners: Map<string, Listener>;
  readonly rules: Map<string, Rule>;
  readonly targetGroups: Map<string, TargetGroup>;
  readonly tags: Map<string, Tag[]>;
}

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  /** `app/<name>/<id>`: its name in listener ARNs and in CloudWatch. */
  readonly dimension: string;
  readonly dnsName: string;
  readonly scheme: string;
  readonly createdAt: Date;
  attributes: Record<string, string>;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  port: number;
}

export interface Rule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number | 'default';
  conditions: RuleCondition[];
  actions: Action[];
}

export interface HealthCheck {
  path: string;
  /** `traffic-port` or a number as text. */
  port: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  /** HTTP codes as AWS writes them: `200`, `200,204`, `200-299`. */
  matcher: string;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  /** `targetgroup/<name>/<id>`: its name in CloudWatch. */
  readonly dimension: string;
  readonly port: number;
  readonly vpcId: string | undefined;
  readonly targetType: string;
  readonly createdAt: Date;
  health: HealthCheck;
  attributes: Record<string, string>;
  targets: Target[];
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining';

export interface Target {
  readonly id: string;
  readonly port: number;
  state: TargetState;
  reason?: string;
  description?: string;
  registeredAt: number;
  /** Set while draining: when the deregistration delay is over. Epoch milliseconds. */
  drainedAt?: number;
}

export function createElbStore(): ElbStore {
  return {
    loadBalancers: new Map(),
    listeners: new Map(),
    rules: new Map(),
    targetGroups: new Map(),
    tags: new Map(),
  };
}

export function findLoadBalancer(store: ElbStore, arn: string | undefined): LoadBalancer {
  const found = store.loadBalancers.get(required('LoadBalancerArn', arn));
  if (found === undefined) throw new AwsError('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`);
  return found;
}

export function findListener(store: ElbStore, arn: string | undefined): Listener {
  const found = store.listeners.get(required('ListenerArn', arn));
  if (found === undefined) throw new AwsError('ListenerNotFound', `One or more listeners not found`);
  return found;
}

export function findRule(store: ElbStore, arn: string | undefined): Rule {
  const found = store.rules.get(required('RuleArn', arn));
  if (found === undefined) throw new AwsError('RuleNotFound', 'One or more rules not found');
  return found;
}

export function findTargetGroup(store: ElbStore, arn: string | undefined): TargetGroup {
  const found = store.targetGroups.get(required('TargetGroupArn', arn));
  if (found === undefined) throw new AwsError('TargetGroupNotFound', `One or more target groups not found`);
  return found;
}

/** Rules of one listener in the order they are tried; the default rule is last. */
export function rulesOf(store: ElbStore, listenerArn: string): Rule[] {
  return [...store.rules.values()]
    .filter((rule) => rule.listenerArn === listenerArn)
    .sort((a, b) => order(a.priority) - order(b.priority));
}

export function defaultRuleOf(store: ElbStore, listenerArn: string): Rule {
  const rule = rulesOf(store, listenerArn).find(({ priority }) => priority === 'default');
  if (rule === undefined) throw new Error(`listener ${listenerArn} has no default rule`);
  return rule;
}

/** ARNs of the load balancers whose rules forward to this group. Without one, its targets are not health-checked. */
export function loadBalancersUsing(store: ElbStore, targetGroupArn: string): Set<string> {
  const using = new Set<string>();
  for (const rule of store.rules.values()) {
    if (!rule.actions.some((action) => forwardsTo(action, targetGroupArn))) continue;
    const listener = store.listeners.get(rule.listenerArn);
    if (listener !== undefined) using.add(listener.loadBalancerArn);
  }
  return using;
}

export function required<T>(name: string, value: T | undefined): T {
  if (value !== undefined && value !== '') return value;
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
  );
}

function forwardsTo(action: Action, targetGroupArn: string): boolean {
  return action.ForwardConfig?.TargetGroups?.some((group) => group.TargetGroupArn === targetGroupArn) ?? false;
}

function order(priority: number | 'default'): number {
  return priority === 'default' ? Number.POSITIVE_INFINITY : priority;
}
