import type { ElasticLoadBalancingV2, Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { RuleFacts, TargetGroupFacts } from '../../domain/doctor/facts.js';
import { ReleaseError } from '../../domain/failure.js';
import { callAws } from '../aws-errors.js';
import { forwardOf, weightsOf } from '../traffic/alb-forward.js';
import type { Inspector } from './inspector.js';

export type InspectionElbClient = Pick<
  ElasticLoadBalancingV2,
  | 'describeListeners'
  | 'describeLoadBalancers'
  | 'describeRules'
  | 'describeTargetGroupAttributes'
  | 'describeTargetGroups'
  | 'describeTargetHealth'
  | 'modifyRule'
  | 'send'
>;

type AlbInspection = Pick<Inspector, 'readRule' | 'readRules' | 'readAddress' | 'readTargetGroup'>;

export function createAlbInspection(elb: InspectionElbClient): AlbInspection {
  return {
    async readRule(ruleArn) {
      const { Rules } = await callAws(`read rule ${ruleArn}`, () => elb.describeRules({ RuleArns: [ruleArn] }));
      return toRuleFacts(expected(Rules?.[0], `rule ${ruleArn}`));
    },

    async readRules(listenerArn) {
      const rules: RuleFacts[] = [];
      let marker: string | undefined;
      do {
        const page = await callAws(`read the rules of listener ${listenerArn}`, () =>
          elb.describeRules({ ListenerArn: listenerArn, ...(marker === undefined ? {} : { Marker: marker }) }),
        );
        rules.push(...(page.Rules ?? []).map(toRuleFacts));
        marker = page.NextMarker;
      } while (marker !== undefined);
      return rules;
    },

    async readAddress(listenerArn) {
      const { Listeners } = await callAws(`read listener ${listenerArn}`, () =>
        elb.describeListeners({ ListenerArns: [listenerArn] }),
      );
      const {
        LoadBalancerArn = '',
        Protocol = 'HTTPS',
        Port = 443,
      } = expected(Listeners?.[0], `listener ${listenerArn}`);
      const { LoadBalancers } = await callAws(`read load balancer ${LoadBalancerArn}`, () =>
        elb.describeLoadBalancers({ LoadBalancerArns: [LoadBalancerArn] }),
      );
      const host = expected(LoadBalancers?.[0]?.DNSName, `a DNS name of ${LoadBalancerArn}`);
      const usual = Protocol === 'HTTPS' ? 443 : 80;
      return `${Protocol.toLowerCase()}://${host}${Port === usual ? '' : `:${Port}`}`;
    },

    readTargetGroup: (arn) => readTargetGroup(elb, arn),
  };
}

/** Asked after all others. */
const defaultPriority = 50_001;

function toRuleFacts(rule: Rule): RuleFacts {
  const forward = forwardOf(rule);
  const stickiness = forward?.TargetGroupStickinessConfig;
  const arn = rule.RuleArn ?? '';
  return {
    arn,
    // `…:listener-rule/app/name/lb/listener/rule` → `…:listener/app/name/lb/listener`
    listenerArn: arn.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, ''),
    priority: rule.IsDefault === true ? defaultPriority : Number(rule.Priority),
    weights: weightsOf(forward),
    stickinessSeconds: stickiness?.Enabled === true ? (stickiness.DurationSeconds ?? 0) : 0,
    headers: Object.fromEntries(
      (rule.Conditions ?? []).flatMap(({ HttpHeaderConfig }) =>
        HttpHeaderConfig?.HttpHeaderName === undefined
          ? []
          : [[HttpHeaderConfig.HttpHeaderName, HttpHeaderConfig.Values ?? []] as const],
      ),
    ),
    hosts: (rule.Conditions ?? []).flatMap(({ Field, HostHeaderConfig, Values }) =>
      Field === 'host-header' ? (HostHeaderConfig?.Values ?? Values ?? []) : [],
    ),
    paths: (rule.Conditions ?? []).flatMap(({ Field, PathPatternConfig, Values }) =>
      Field === 'path-pattern' ? (PathPatternConfig?.Values ?? Values ?? []) : [],
    ),
  };
}

async function readTargetGroup(elb: InspectionElbClient, arn: string): Promise<TargetGroupFacts> {
  const [{ TargetGroups }, { Attributes }] = await Promise.all([
    callAws(`read target group ${arn}`, () => elb.describeTargetGroups({ TargetGroupArns: [arn] })),
    callAws(`read the attributes of target group ${arn}`, () =>
      elb.describeTargetGroupAttributes({ TargetGroupArn: arn }),
    ),
  ]);
  const group = expected(TargetGroups?.[0], `target group ${arn}`);
  const attribute = (key: string) => Attributes?.find(({ Key }) => Key === key)?.Value;
  return {
    arn,
    name: group.TargetGroupName ?? '',
    targetType: group.TargetType ?? 'instance',
    port: group.Port ?? 80,
    deregistrationDelaySeconds: Number(attribute('deregistration_delay.timeout_seconds') ?? 300),
    sticky: attribute('stickiness.enabled') === 'true',
    healthCheck: {
      path: group.HealthCheckPath ?? '/',
      intervalSeconds: group.HealthCheckIntervalSeconds ?? 30,
      healthyThreshold: group.HealthyThresholdCount ?? 5,
    },
  };
}

function expected<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new ReleaseError('aws-refused', `expected ${what}, found none`);
}
