import { expect, test } from 'vitest';

import { actionsWithWeights, forwardOf, weightsOf } from '../../../activities/traffic/alb-forward.js';

const weights = { 'arn:blue': 95, 'arn:green': 5 };
const groups = [
  { TargetGroupArn: 'arn:blue', Weight: 100 },
  { TargetGroupArn: 'arn:green', Weight: 0 },
];

test('keeps the sign-in before the forward, and its client secret, which AWS never tells', () => {
  const signIn = {
    Type: 'authenticate-oidc' as const,
    Order: 1,
    AuthenticateOidcConfig: {
      Issuer: 'https://id.example',
      AuthorizationEndpoint: 'https://id.example/authorize',
      TokenEndpoint: 'https://id.example/token',
      UserInfoEndpoint: 'https://id.example/me',
      ClientId: 'shop',
    },
  };
  const rule = { Actions: [signIn, { Type: 'forward' as const, Order: 2, ForwardConfig: { TargetGroups: groups } }] };
  expect(actionsWithWeights(rule, weights)).toEqual([
    { ...signIn, AuthenticateOidcConfig: { ...signIn.AuthenticateOidcConfig, UseExistingClientSecret: true } },
    {
      Type: 'forward',
      Order: 2,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: 'arn:blue', Weight: 95 },
          { TargetGroupArn: 'arn:green', Weight: 5 },
        ],
      },
    },
  ]);
});

test('names target groups in one place only, since AWS refuses two that disagree', () => {
  const stickiness = { Enabled: true, DurationSeconds: 60 };
  const rule = {
    Actions: [
      {
        Type: 'forward' as const,
        TargetGroupArn: 'arn:blue',
        ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig: stickiness },
      },
    ],
  };
  const [action] = actionsWithWeights(rule, weights);
  expect(action).not.toHaveProperty('TargetGroupArn');
  expect(action?.ForwardConfig?.TargetGroupStickinessConfig).toEqual(stickiness);
});

test('reads a forward that names its one target group the short way', () => {
  const forward = forwardOf({ Actions: [{ Type: 'forward', TargetGroupArn: 'arn:blue' }] });
  expect(weightsOf(forward)).toEqual({ 'arn:blue': 1 });
});
