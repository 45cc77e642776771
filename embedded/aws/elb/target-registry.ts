import type { TargetRegistry } from '../ecs/ecs.js';
import type { Elb } from './elb.js';
import { loadBalancersUsing } from './store.js';
import { deregisterTarget, deregistrationDelayMs, findTarget, registerTarget } from './target.js';

/** What ECS may do with target groups. A group that was deleted meanwhile is passed over: its targets are gone with it. */
export function targetRegistry(elb: Elb): TargetRegistry {
  const { targetGroups } = elb.store;
  return {
    describe(arn) {
      const group = targetGroups.get(arn);
      if (group === undefined) return undefined;
      return { attached: loadBalancersUsing(elb.store, arn).size > 0, targetType: group.targetType };
    },
    register(arn, address, port) {
      const group = targetGroups.get(arn);
      if (group !== undefined) registerTarget(elb, group, address, port);
    },
    deregister(arn, address, port) {
      const group = targetGroups.get(arn);
      if (group !== undefined) deregisterTarget(elb, group, address, port);
    },
    deregistrationDelayMs(arn) {
      const group = targetGroups.get(arn);
      return group === undefined ? 0 : deregistrationDelayMs(group, elb.timings);
    },
    state(arn, address, port) {
      const group = targetGroups.get(arn);
      return group === undefined ? undefined : findTarget(group, address, port)?.state;
    },
  };
}
