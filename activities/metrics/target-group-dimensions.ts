import type { Dimension } from '@aws-sdk/client-cloudwatch';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';

import { ReleaseError } from '../../domain/failure.js';
import { callAws } from '../aws-errors.js';

export type MetricElbClient = Pick<ElasticLoadBalancingV2, 'describeTargetGroups'>;

/** The CloudWatch dimensions of a target group behind its load balancer. */
export type DimensionsOf = (targetGroupArn: string) => Promise<Dimension[]>;

/** A target group keeps its load balancer for life, so what was found once is remembered. */
export function rememberDimensions(elb: MetricElbClient): DimensionsOf {
  const known = new Map<string, Dimension[]>();
  return async (targetGroupArn) => {
    const dimensions = known.get(targetGroupArn) ?? (await findDimensions(elb, targetGroupArn));
    known.set(targetGroupArn, dimensions);
    return dimensions;
  };
}

async function findDimensions(elb: MetricElbClient, targetGroupArn: string): Promise<Dimension[]> {
  const { TargetGroups } = await callAws(`find the load balancer of target group ${targetGroupArn}`, () =>
    elb.describeTargetGroups({ TargetGroupArns: [targetGroupArn] }),
  );
  const loadBalancerArn = TargetGroups?.[0]?.LoadBalancerArns?.[0];
  if (loadBalancerArn === undefined) {
    throw new ReleaseError(
      'aws-refused',
      `target group ${targetGroupArn} was expected behind a load balancer; no rule forwards to it, so nothing is measured`,
    );
  }
  return [
    { Name: 'TargetGroup', Value: targetGroupArn.slice(targetGroupArn.indexOf('targetgroup/')) },
    {
      Name: 'LoadBalancer',
      Value: loadBalancerArn.slice(loadBalancerArn.indexOf('loadbalancer/') + 'loadbalancer/'.length),
    },
  ];
}
