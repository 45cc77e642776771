import { sleep } from '@temporalio/activity';
import { targetGroups } from '../../domain/changes.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { type Weights, describeWeights, sameWeights } from '../../domain/traffic.js';
import { refuseDrift } from '../drift.js';
import type { PlatformOf } from '../platform.js';
import { readWeights } from './traffic-actuator.js';

export interface RuleWatchQuery {
  readonly release: ReleaseRef;
  /** The rule as last read back. */
  readonly believed: Weights;
  /** Epoch milliseconds. */
  readonly untilMs: number;
}

/** Looks at the production rule while nobody is to change it. Reads only. */
export function createRuleWatch(parts: {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
  /** Default 5,000. */
  readonly lookEveryMs?: number;
}) {
  const { lookEveryMs = 5_000 } = parts;
  return {
    /** Ends when the time is over, after a last look; `traffic-drift` as soon as the rule is not what we believe. */
    async watchRule({ release, believed, untilMs }: RuleWatchQuery): Promise<void> {
      const request = await parts.readRequest(release);
      const { router } = parts.platformOf(request);
      const rule = { ruleArn: request.traffic.ruleArn, targetGroups: targetGroups(request) };
      const resource = { observe: () => readWeights(router, rule), holds: sameWeights, describe: describeWeights };
      for (let leftMs = Infinity; leftMs > lookEveryMs;) {
        leftMs = Math.max(0, untilMs - Date.now());
        await sleep(Math.min(leftMs, lookEveryMs));
        await refuseDrift(resource, [believed], await resource.observe());
      }
    },
  };
}
