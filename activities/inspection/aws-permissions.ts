import type { CloudWatch } from '@aws-sdk/client-cloudwatch';
import type { PermissionFacts } from '../../domain/doctor/facts.js';
import { isReleaseError } from '../../domain/failure.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { callAws } from '../aws-errors.js';
import type { InspectionElbClient } from './alb-inspection.js';
import type { InspectionEcsClient } from './ecs-inspection.js';
import { lookTwice } from './look.js';

interface Clients {
  readonly ecs: InspectionEcsClient;
  readonly elb: InspectionElbClient;
  readonly cloudwatch: Pick<CloudWatch, 'getMetricData'>;
}

/**
 * Reads are made. What would change something is asked for in a form that AWS must refuse in any case (a size below
 * nothing, a rule with no action, a task definition without containers): a refusal as forbidden tells that the
 * permission is missing, and one as invalid that it is not, as far as can be known without changing anything.
 */
export async function tryPermissions(clients: Clients, request?: ReleaseRequest): Promise<readonly PermissionFacts[]> {
  const calls = [...reads(clients), ...(request === undefined ? [] : impossible(clients, request))];
  return Promise.all(calls.map(([action, call]) => tryCall(action, call)));
}

type Call = readonly [action: string, call: () => Promise<unknown>];

function reads({ ecs, elb, cloudwatch }: Clients): Call[] {
  const minute = 60_000;
  const Metric = { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount' };
  return [
    ['ecs:ListTaskDefinitions', () => ecs.listTaskDefinitions({ maxResults: 1 })],
    ['elasticloadbalancing:DescribeTargetGroups', () => elb.describeTargetGroups({ PageSize: 1 })],
    [
      'cloudwatch:GetMetricData',
      () =>
        cloudwatch.getMetricData({
          StartTime: new Date(Date.now() - 5 * minute),
          EndTime: new Date(),
          MetricDataQueries: [{ Id: 'requests', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
        }),
    ],
  ];
}

const probe = 'sluice-doctor';

function impossible({ ecs, elb }: Clients, { workload, traffic }: ReleaseRequest): Call[] {
  const { cluster, colours } = workload;
  const rule = (RuleArn: string): Call => [
    'elasticloadbalancing:ModifyRule',
    () => elb.modifyRule({ RuleArn, Actions: [] }),
  ];
  return [
    ['ecs:RegisterTaskDefinition', () => ecs.registerTaskDefinition({ family: probe, containerDefinitions: [] })],
    ['ecs:CreateService', () => ecs.createService({ cluster, serviceName: colours.green.service, desiredCount: -1 })],
    ['ecs:UpdateService', () => ecs.updateService({ cluster, service: colours.blue.service, desiredCount: -1 })],
    rule(traffic.ruleArn),
    rule(traffic.testRuleArn),
  ];
}

/** In words or by status. */
const forbidden = /AWS answered 40[13]:|AccessDenied|UnauthorizedOperation|not authorized/i;

async function tryCall(action: string, call: () => Promise<unknown>): Promise<PermissionFacts> {
  try {
    await lookTwice(() => callAws(`try ${action}`, call));
    return { action, outcome: 'allowed', detail: 'answered' };
  } catch (error) {
    if (!isReleaseError(error)) throw error;
    const { code, message: detail } = error;
    // Credentials that AWS does not take say nothing about what they would be allowed.
    if (code !== 'aws-refused') return { action, outcome: 'unknown', detail };
    return { action, outcome: forbidden.test(detail) ? 'denied' : 'allowed', detail };
  }
}
