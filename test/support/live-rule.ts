import type { AwsClients } from '../../activities/aws-clients.js';
import type { Weights } from '../../domain/traffic.js';
import type { Stack } from '../../embedded/stack.js';
import { withAwsOfSomebody } from './aws-of-somebody.js';

/** The production rule seen and changed by somebody who is not sluice. */
export interface LiveRule {
  weights(): Promise<Weights>;
  changeByHand(weights: Weights): Promise<void>;
}

export function withLiveRule<T>(stack: Stack, use: (rule: LiveRule) => Promise<T>): Promise<T> {
  return withAwsOfSomebody(stack, (clients) => use(liveRule(stack, clients)));
}

export function liveRule({ infrastructure }: Stack, { elb }: AwsClients): LiveRule {
  const { ruleArn, blueTargetGroupArn: blue, greenTargetGroupArn: green } = infrastructure;
  return {
    async weights() {
      const { Rules } = await elb.describeRules({ RuleArns: [ruleArn] });
      const groups = Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
      const weight = (arn: string) => groups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight ?? -1;
      return { blue: weight(blue), green: weight(green) };
    },
    async changeByHand(weights) {
      const TargetGroups = [
        { TargetGroupArn: blue, Weight: weights.blue },
        { TargetGroupArn: green, Weight: weights.green },
      ];
      await elb.modifyRule({ RuleArn: ruleArn, Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }] });
    },
  };
}
