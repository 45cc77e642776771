import type { AwsService } from '../wire/dispatch.js';
import type { Elb } from './elb.js';
import { createListener, deleteListener, describeListeners, modifyListener } from './listener.js';
import {
  createLoadBalancer,
  deleteLoadBalancer,
  describeLoadBalancerAttributes,
  describeLoadBalancers,
  modifyLoadBalancerAttributes,
} from './load-balancer.js';
import { createRule, deleteRule, describeRules, modifyRule } from './rule.js';
import type { ElbStore } from './store.js';
import { addTags, describeTags } from './tags.js';
import { deregisterTargets, describeTargetHealth, registerTargets } from './target.js';
import { describeTargetGroupAttributes, modifyTargetGroupAttributes } from './target-group-attributes.js';
import { createTargetGroup, deleteTargetGroup, describeTargetGroups, modifyTargetGroup } from './target-group.js';

/** The load balancing operations by their AWS names. */
export function elbService(elb: Elb): AwsService<ElbStore> {
  return {
    store: elb.store,
    reads: {
      DescribeListeners: describeListeners,
      DescribeLoadBalancerAttributes: describeLoadBalancerAttributes,
      DescribeLoadBalancers: describeLoadBalancers,
      DescribeRules: describeRules,
      DescribeTags: describeTags,
      DescribeTargetGroupAttributes: describeTargetGroupAttributes,
      DescribeTargetGroups: describeTargetGroups,
      DescribeTargetHealth: describeTargetHealth,
    },
    writes: {
      AddTags: addTags.bind(undefined, elb),
      CreateListener: createListener.bind(undefined, elb),
      CreateLoadBalancer: createLoadBalancer.bind(undefined, elb),
      CreateRule: createRule.bind(undefined, elb),
      CreateTargetGroup: createTargetGroup.bind(undefined, elb),
      DeleteListener: deleteListener.bind(undefined, elb),
      DeleteLoadBalancer: deleteLoadBalancer.bind(undefined, elb),
      DeleteRule: deleteRule.bind(undefined, elb),
      DeleteTargetGroup: deleteTargetGroup.bind(undefined, elb),
      DeregisterTargets: deregisterTargets.bind(undefined, elb),
      ModifyListener: modifyListener.bind(undefined, elb),
      ModifyLoadBalancerAttributes: modifyLoadBalancerAttributes.bind(undefined, elb),
      ModifyRule: modifyRule.bind(undefined, elb),
      ModifyTargetGroup: modifyTargetGroup.bind(undefined, elb),
      ModifyTargetGroupAttributes: modifyTargetGroupAttributes.bind(undefined, elb),
      RegisterTargets: registerTargets.bind(undefined, elb),
    },
  };
}
