import { createAlbTrafficRouter } from '../../activities/traffic/alb-traffic-router.js';
import { type AwsWorld, createTargetGroups, createWeightedRule, known } from './aws-world.js';

export function routerOf(world: AwsWorld) {
  return createAlbTrafficRouter({ elb: world.clients.elb });
}

export async function weightedRule(world: AwsWorld) {
  const groups = await createTargetGroups(world);
  const ruleArn = await createWeightedRule(world, groups);
  return { router: routerOf(world), groups, ruleArn };
}

export async function describeRule({ clients }: AwsWorld, ruleArn: string) {
  const { Rules } = await clients.elb.describeRules({ RuleArns: [ruleArn] });
  return known(Rules?.[0]);
}

/** What somebody else might do to the rule. */
export async function forwardTo({ clients }: AwsWorld, ruleArn: string, targetGroups: readonly string[]) {
  await clients.elb.modifyRule({
    RuleArn: ruleArn,
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: { TargetGroups: targetGroups.map((arn) => ({ TargetGroupArn: arn, Weight: 1 })) },
      },
    ],
  });
}
