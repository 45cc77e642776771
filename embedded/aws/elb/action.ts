import type { Action, ForwardActionConfig, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsError } from '../aws-error.js';
import { type ElbStore, loadBalancersUsing, required } from './store.js';

const mostGroups = 5;
const longestStickiness = 604_800;

/** Checks a rule's actions as AWS does and fills in what AWS fills in. One terminal action; the others are not simulated. */
export function checkActions(store: ElbStore, loadBalancerArn: string, actions: Action[] | undefined): Action[] {
  const given = required('Actions', actions);
  const [action, ...more] = given;
  if (action === undefined) throw new AwsError('ValidationError', 'At least one action must be specified');
  if (more.length > 0) {
    throw new AwsError('InvalidLoadBalancerAction', 'Only one forward, redirect or fixed-response action is allowed');
  }
  return [checkAction(store, loadBalancerArn, action)];
}

/** ForwardConfig is what routing obeys; TargetGroupArn alone means one group with weight 1. */
export function forwardOf(action: Action): ForwardActionConfig {
  return action.ForwardConfig ?? { TargetGroups: [] };
}

function checkAction(store: ElbStore, loadBalancerArn: string, action: Action): Action {
  switch (action.Type) {
    case 'forward':
      return checkForward(store, loadBalancerArn, action);
    case 'fixed-response': {
      const code = required('StatusCode', action.FixedResponseConfig?.StatusCode);
      if (!/^[245]\d\d$/.test(code)) {
        throw new AwsError('ValidationError', `Invalid fixed response status code '${code}': must be 2XX, 4XX or 5XX`);
      }
      return { Type: 'fixed-response', Order: 1, FixedResponseConfig: action.FixedResponseConfig };
    }
    case 'redirect': {
      const code = required('StatusCode', action.RedirectConfig?.StatusCode);
      if (code !== 'HTTP_301' && code !== 'HTTP_302') {
        throw new AwsError('ValidationError', `Invalid redirect status code '${code}': must be HTTP_301 or HTTP_302`);
      }
      return { Type: 'redirect', Order: 1, RedirectConfig: action.RedirectConfig };
    }
    default:
      throw new AwsError(
        'ValidationError',
        `1 validation error detected: Value '${action.Type}' at 'actions.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [forward, fixed-response, redirect]`,
      );
  }
}

function checkForward(store: ElbStore, loadBalancerArn: string, action: Action): Action {
  const groups = groupsOf(action);
  if (groups.length > mostGroups) {
    throw new AwsError('TooManyTargetGroups', `A forward action can have at most ${mostGroups} target groups`);
  }
  const arns = groups.map(({ TargetGroupArn }) => required('TargetGroupArn', TargetGroupArn));
  if (new Set(arns).size !== arns.length) {
    throw new AwsError('ValidationError', 'A target group can be specified only once in a forward action');
  }
  for (const arn of arns) checkUsable(store, loadBalancerArn, arn);
  const stickiness = checkStickiness(action.ForwardConfig);
  const [only] = arns;
  return {
    Type: 'forward',
    Order: action.Order ?? 1,
    ...(arns.length === 1 ? { TargetGroupArn: only } : {}),
    ForwardConfig: {
      TargetGroups: groups.map(({ TargetGroupArn, Weight }) => ({ TargetGroupArn, Weight: checkWeight(Weight) })),
      TargetGroupStickinessConfig: stickiness,
    },
  };
}

function groupsOf({ TargetGroupArn, ForwardConfig }: Action): TargetGroupTuple[] {
  const groups = ForwardConfig?.TargetGroups ?? [];
  if (TargetGroupArn === undefined) {
    if (groups.length > 0) return groups;
    throw new AwsError('InvalidLoadBalancerAction', 'A forward action needs a target group');
  }
  if (groups.length === 0) return [{ TargetGroupArn }];
  if (groups.length === 1 && groups[0]?.TargetGroupArn === TargetGroupArn) return groups;
  throw new AwsError(
    'InvalidLoadBalancerAction',
    'You cannot specify both TargetGroupArn and ForwardConfig unless they name the same single target group',
  );
}

function checkUsable(store: ElbStore, loadBalancerArn: string, arn: string): void {
  if (!store.targetGroups.has(arn)) throw new AwsError('TargetGroupNotFound', `Target group '${arn}' not found`);
  const others = [...loadBalancersUsing(store, arn)].filter((user) => user !== loadBalancerArn);
  if (others.length === 0) return;
  throw new AwsError(
    'TargetGroupAssociationLimit',
    `The following target groups cannot be associated with more than one load balancer: ${arn}`,
  );
}

function checkWeight(weight: number | undefined): number {
  if (weight === undefined) return 1;
  if (Number.isInteger(weight) && weight >= 0 && weight <= 999) return weight;
  throw new AwsError('ValidationError', `Target group weight '${weight}' must be an integer between 0 and 999`);
}

function checkStickiness(forward: ForwardActionConfig | undefined): { Enabled: boolean; DurationSeconds?: number } {
  const config = forward?.TargetGroupStickinessConfig;
  if (config?.Enabled !== true) return { Enabled: false };
  const { DurationSeconds } = config;
  if (DurationSeconds === undefined || !(DurationSeconds >= 1 && DurationSeconds <= longestStickiness)) {
    const message = `Target group stickiness duration must be between 1 and ${longestStickiness} seconds`;
    throw new AwsError('ValidationError', message);
  }
  return { Enabled: true, DurationSeconds };
}
