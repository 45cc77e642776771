import {
  type ElasticLoadBalancingV2,
  type Rule,
  RuleNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';

import { colours } from '../../domain/colour.js';
import { ReleaseError } from '../../domain/failure.js';
import { describeForward, describeWeights } from '../../domain/traffic.js';
import { callAws } from '../aws-errors.js';
import { actionsWithWeights, forwardOf, weightsOf } from './alb-forward.js';
import { toTarget } from './alb-target.js';
import type { RuleState, Target, TrafficRouter, WeightChange } from './traffic-router.js';

/** The calls of the load balancer sluice makes for traffic; ModifyListener only where the rule is a listener's default. */
export type TrafficElbClient = Pick<
  ElasticLoadBalancingV2,
  'describeRules' | 'describeTargetHealth' | 'modifyListener' | 'modifyRule'
>;

export interface AlbTrafficRouterDeps {
  readonly elb: TrafficElbClient;
}

/** Weights of a forward action in one rule of an Application Load Balancer. */
export function createAlbTrafficRouter({ elb }: AlbTrafficRouterDeps): TrafficRouter {
  return {
    readRule: async (ruleArn) => toRuleState(await describeRule(elb, ruleArn)),
    findRule: (ruleArn) => findRule(elb, ruleArn),
    setWeights: (change) => setWeights(elb, change),
    readTargets: (targetGroupArn) => readTargets(elb, targetGroupArn),
  };
}

async function describeRule(elb: TrafficElbClient, ruleArn: string): Promise<Rule> {
  const { Rules } = await callAws(`read rule ${ruleArn}`, () => elb.describeRules({ RuleArns: [ruleArn] }));
  const [rule] = Rules ?? [];
  if (rule === undefined) throw new ReleaseError('aws-refused', `expected rule ${ruleArn}, found none`);
  return rule;
}

async function findRule(elb: TrafficElbClient, ruleArn: string): Promise<RuleState | null> {
  try {
    return toRuleState(await describeRule(elb, ruleArn));
  } catch (error) {
    if (error instanceof Error && error.cause instanceof RuleNotFoundException) return null;
    throw error;
  }
}

function toRuleState(rule: Rule): RuleState {
  const forward = forwardOf(rule);
  const stickiness = forward?.TargetGroupStickinessConfig;
  return {
    weights: weightsOf(forward),
    stickinessSeconds: stickiness?.Enabled === true ? (stickiness.DurationSeconds ?? 0) : 0,
  };
}

/**
 * Writes also what was read as already so: the same list twice is the same rule, and a stale read must never be the
 * reason for leaving traffic where it is.
 */
async function setWeights(elb: TrafficElbClient, change: WeightChange): Promise<void> {
  const rule = await describeRule(elb, change.ruleArn);
  refuseDrift(rule, change);
  const weights = Object.fromEntries(colours.map((colour) => [change.targetGroups[colour], change.weights[colour]]));
  const actions = actionsWithWeights(rule, weights);
  await callAws(`set ${describeWeights(change.weights)} on rule ${change.ruleArn}`, () =>
    rule.IsDefault === true
      ? elb.modifyListener({ ListenerArn: listenerOf(change.ruleArn), DefaultActions: actions })
      : elb.modifyRule({ RuleArn: change.ruleArn, Actions: actions }),
  );
}

function refuseDrift(rule: Rule, change: WeightChange): void {
  const expected = colours.map((colour) => change.targetGroups[colour]).sort();
  const weights = weightsOf(forwardOf(rule));
  const found = Object.keys(weights).sort();
  if (expected.length === found.length && expected.every((arn, index) => arn === found[index])) return;
  throw new ReleaseError(
    'traffic-drift',
    `expected rule ${change.ruleArn} to forward to blue and green alone, found ${describeForward(weights, change.targetGroups)}: somebody else has changed it`,
  );
}

/** `…:listener-rule/app/name/lb/listener/rule` → `…:listener/app/name/lb/listener` */
function listenerOf(ruleArn: string): string {
  return ruleArn.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '');
}

async function readTargets(elb: TrafficElbClient, targetGroupArn: string): Promise<readonly Target[]> {
  const { TargetHealthDescriptions } = await callAws(`read the target health of ${targetGroupArn}`, () =>
    elb.describeTargetHealth({ TargetGroupArn: targetGroupArn }),
  );
  return (TargetHealthDescriptions ?? []).map(toTarget);
}
