import type { Action, ForwardActionConfig, Rule } from '@aws-sdk/client-elastic-load-balancing-v2';

/** What a rule forwards to; `undefined` for a rule that redirects or answers by itself. */
export function forwardOf(rule: Rule): ForwardActionConfig | undefined {
  const action = rule.Actions?.find(({ Type }) => Type === 'forward');
  if (action?.ForwardConfig?.TargetGroups !== undefined) return action.ForwardConfig;
  if (action?.TargetGroupArn === undefined) return undefined;
  return { TargetGroups: [{ TargetGroupArn: action.TargetGroupArn }] };
}

/** Target group ARN → weight. A group without a weight has 1, as the API documents. */
export function weightsOf(forward: ForwardActionConfig | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (forward?.TargetGroups ?? []).map((group) => [group.TargetGroupArn ?? '', group.Weight ?? 1]),
  );
}

/** The rule's whole action list with other weights: ModifyRule replaces lists, so whatever is left out is gone. */
export function actionsWithWeights(rule: Rule, weights: Readonly<Record<string, number>>): Action[] {
  return (rule.Actions ?? []).map((action) =>
    action.Type === 'forward' ? forwardWithWeights(action, forwardOf(rule), weights) : writable(action),
  );
}

/** Without TargetGroupArn: AWS refuses an action where that and ForwardConfig disagree. */
function forwardWithWeights(
  action: Action,
  forward: ForwardActionConfig | undefined,
  weights: Readonly<Record<string, number>>,
): Action {
  const { TargetGroupArn: _, ...rest } = action;
  const groups = (forward?.TargetGroups ?? []).map((group) => ({
    ...group,
    Weight: weights[group.TargetGroupArn ?? ''] ?? group.Weight,
  }));
  return { ...rest, ForwardConfig: { ...forward, TargetGroups: groups } };
}

/** The client secret is never read back, so the rule is told to keep the one it has. */
function writable(action: Action): Action {
  if (action.AuthenticateOidcConfig === undefined) return action;
  return { ...action, AuthenticateOidcConfig: { ...action.AuthenticateOidcConfig, UseExistingClientSecret: true } };
}
