import { describe, expect, it } from 'vitest';
import { colourNames } from '../../domain/live-service.js';
import { allows, readPolicy } from './aws-policies.js';

/** AWS knows no resources for these; `ecs:ListTasks` is held to its cluster by a condition instead. */
const withoutResource = [
  'cloudwatch:GetMetricData',
  'ecs:DescribeTaskDefinition',
  'ecs:ListTaskDefinitions',
  'ecs:ListTasks',
  'ecs:RegisterTaskDefinition',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeTargetGroupAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
];

// That the actions are those of a release is proven with one, in test/e2e/lane-role.test.ts.
describe.each(['worker-policy.json', 'questions-policy.json', 'assume-lane-roles-policy.json'])('%s', (name) => {
  it.each(readPolicy(name).map((statement) => [statement.Sid, statement] as const))(
    'allows no more than it must: %s',
    (_sid, { Effect, Action, Resource, Condition }) => {
      expect(Effect).toBe('Allow');
      for (const action of Action) expect(action).toMatch(/^[a-z]+:[A-Za-z]+$/);
      if (Resource === '*') {
        expect(withoutResource).toEqual(expect.arrayContaining([...Action]));
        if (Action.includes('ecs:ListTasks')) expect(Condition).toHaveProperty(['ArnEquals', 'ecs:cluster']);
      } else {
        // A placeholder that was forgotten is no ARN, so AWS refuses the policy instead of widening it.
        for (const arn of [Resource].flat())
          expect(arn).toMatch(/^arn:aws:[a-z]+:(<REGION>)?:<(LANE_)?ACCOUNT>:.*<\w+>/);
      }
    },
  );
});

describe.each(['api', 'shop-blue', 'green_shop'])('a service named %s', (live) => {
  const { blue, green, plain } = colourNames(live);
  const place = { REGION: 'eu-central-1', ACCOUNT: '123456789012', CLUSTER: 'main' };
  const filledIn = { ...place, BLUE_SERVICE: blue, GREEN_SERVICE: green, SERVICE: plain };
  const ecs = (action: string, resource: string) =>
    allows('worker-policy.json', filledIn, {
      action: `ecs:${action}`,
      resource: `arn:aws:ecs:eu-central-1:123456789012:${resource}`,
    });

  it.each(['CreateService', 'DescribeServices', 'UpdateService', 'TagResource'])(
    'may be changed under the names that init proposes, and no other: %s',
    (action) => {
      for (const name of [blue, green]) expect(ecs(action, `service/main/${name}`), name).toBe(true);
      expect(ecs(action, `service/main/${blue}-worker`)).toBe(false);
      expect(ecs(action, `service/other/${blue}`)).toBe(false);
    },
  );

  it('may have its revisions tagged', () => {
    expect(ecs('TagResource', `task-definition/${plain}:7`)).toBe(true);
    expect(ecs('TagResource', `task-definition/${plain}-worker:7`)).toBe(false);
  });
});

it('lets the lane’s role be taken on by the worker alone, with the external id of the manifest', () => {
  expect(readPolicy('lane-role-trust.json')).toEqual([
    expect.objectContaining({
      Principal: { AWS: expect.stringMatching(/:role\/<WORKER_ROLE>$/) as string },
      Action: ['sts:AssumeRole'],
      Condition: { StringEquals: { 'sts:ExternalId': '<EXTERNAL_ID>', 'sts:RoleSessionName': 'sluice' } },
    }),
  ]);
});
