import { type Colour, colours } from '../../domain/colour.js';
import type { TrafficChange } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { type Weights, describeForward, describeWeights, sameWeights } from '../../domain/traffic.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Actuator } from '../actuator.js';
import type { PlatformOf } from '../platform.js';
import type { TrafficRouter } from './traffic-router.js';

/** The weights of one rule. A colour gets weight only when it has as many healthy targets as the change asks for. */
export function createTrafficActuator(parts: {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}): Actuator<TrafficChange> {
  const routerOf = async (release: ReleaseRef) => parts.platformOf(await parts.readRequest(release)).router;
  return {
    repeatable: true,
    observe: async (change, { release }) => readWeights(await routerOf(release), change),
    holds: sameWeights,
    async act(change, _found, { fence, release }) {
      const router = await routerOf(release);
      await requireHealthy(router, change);
      await fence();
      await router.setWeights({ ruleArn: change.ruleArn, targetGroups: change.targetGroups, weights: change.state });
    },
  };
}

/** The rule's weights by colour; `traffic-drift` when it forwards to anything else than both colours. */
export async function readWeights(
  router: TrafficRouter,
  rule: Pick<TrafficChange, 'ruleArn' | 'targetGroups'>,
): Promise<Weights> {
  const { weights } = await router.readRule(rule.ruleArn);
  const found = Object.keys(weights).sort();
  const expected = Object.values(rule.targetGroups).sort();
  if (found.join() !== expected.join()) {
    throw new ReleaseError(
      'traffic-drift',
      `expected the rule to forward to blue and green alone, found ${describeForward(weights, rule.targetGroups)}: somebody else has changed it`,
    );
  }
  const of = (colour: Colour) => weights[rule.targetGroups[colour]] ?? 0;
  return { blue: of('blue'), green: of('green') };
}

async function requireHealthy(router: TrafficRouter, change: TrafficChange): Promise<void> {
  for (const colour of colours.filter((candidate) => change.state[candidate] > 0)) {
    const wanted = change.minHealthy[colour];
    if (wanted === 0) continue;
    const targets = await router.readTargets(change.targetGroups[colour]);
    const healthy = targets.filter((target) => target.health === 'healthy').length;
    if (healthy < wanted) {
      const states = targets.map((target) => `${target.address}:${target.port} ${target.health}`).join(', ');
      throw new ReleaseError(
        'colour-not-ready',
        `${colour} needs ${wanted} healthy targets before the rule becomes ${describeWeights(change.state)}; it has ${healthy} (${states || 'no targets'})`,
      );
    }
  }
}
