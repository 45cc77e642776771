import type {
  CreateRuleInput,
  CreateRuleOutput,
  DeleteRuleInput,
  DescribeRulesInput,
  DescribeRulesOutput,
  ModifyRuleInput,
  ModifyRuleOutput,
  Rule as RuleAnswer,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import { checkActions } from './action.js';
import { checkConditions } from './condition.js';
import type { Elb } from './elb.js';
import { type ElbStore, findListener, findRule, required, type Rule, rulesOf } from './store.js';

const lastPriority = 50_000;

export function createRule({ store, dataPlane }: Elb, input: CreateRuleInput): CreateRuleOutput {
  const listener = findListener(store, input.ListenerArn);
  const priority = required('Priority', input.Priority);
  if (!Number.isInteger(priority) || priority < 1 || priority > lastPriority) {
    throw new AwsError('ValidationError', `Priority '${priority}' must be between 1 and ${lastPriority}`);
  }
  const conditions = checkConditions(input.Conditions);
  const actions = checkActions(store, listener.loadBalancerArn, input.Actions);
  if (rulesOf(store, listener.arn).some((rule) => rule.priority === priority)) {
    throw new AwsError('PriorityInUse', `Priority '${priority}' is currently in use`);
  }
  const rule: Rule = {
    arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${hexId(16)}`,
    listenerArn: listener.arn,
    priority,
    conditions,
    actions,
  };
  store.rules.set(rule.arn, rule);
  store.tags.set(rule.arn, input.Tags ?? []);
  dataPlane.applyRules();
  return { Rules: [answerOf(rule)] };
}

export function describeRules(store: ElbStore, input: DescribeRulesInput): DescribeRulesOutput {
  if (input.RuleArns !== undefined && input.ListenerArn !== undefined) {
    throw new AwsError('ValidationError', 'You cannot specify both rule ARNs and a listener ARN');
  }
  if (input.RuleArns !== undefined) return { Rules: input.RuleArns.map((arn) => answerOf(findRule(store, arn))) };
  if (input.ListenerArn === undefined) {
    throw new AwsError('ValidationError', 'You must specify either listener ARN or rule ARNs');
  }
  const listener = findListener(store, input.ListenerArn);
  return { Rules: rulesOf(store, listener.arn).map(answerOf) };
}

/** Lists are replaced as a whole; a list that is left out stays. */
export function modifyRule({ store, dataPlane }: Elb, input: ModifyRuleInput): ModifyRuleOutput {
  const rule = findRule(store, input.RuleArn);
  if (rule.priority === 'default') {
    throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be modified`);
  }
  if (input.Actions === undefined && input.Conditions === undefined) {
    throw new AwsError('ValidationError', 'Either conditions or actions must be specified');
  }
  const conditions = input.Conditions === undefined ? rule.conditions : checkConditions(input.Conditions);
  const { loadBalancerArn } = findListener(store, rule.listenerArn);
  const actions = input.Actions === undefined ? rule.actions : checkActions(store, loadBalancerArn, input.Actions);
  Object.assign(rule, { conditions, actions });
  dataPlane.applyRules();
  return { Rules: [answerOf(rule)] };
}

export function deleteRule({ store, dataPlane }: Elb, input: DeleteRuleInput): object {
  const rule = findRule(store, input.RuleArn);
  if (rule.priority === 'default') {
    throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be deleted`);
  }
  store.rules.delete(rule.arn);
  store.tags.delete(rule.arn);
  dataPlane.applyRules();
  return {};
}

function answerOf(rule: Rule): RuleAnswer {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions,
    Actions: rule.actions,
    IsDefault: rule.priority === 'default',
  };
}
