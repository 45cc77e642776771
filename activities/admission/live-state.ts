import type { Colour } from '../../domain/colour.js';
import type { LiveState } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Platform } from '../platform.js';

/** What the platform has of what a request names, found or not. Reads only. */
export async function readLiveState(
  { router, host }: Platform,
  { traffic, workload }: ReleaseRequest,
): Promise<LiveState> {
  const serviceOf = (colour: Colour) =>
    host.findService({ cluster: workload.cluster, service: workload.colours[colour].service });
  const [rule, testRule, blue, green] = await Promise.all([
    router.findRule(traffic.ruleArn),
    router.findRule(traffic.testRuleArn),
    serviceOf('blue'),
    serviceOf('green'),
  ]);
  return { rule, testRule, services: { blue, green } };
}
