import { otherColour } from '../../domain/colour.js';
import { ReleaseError } from '../../domain/failure.js';
import { type LiveService, type LiveServiceQuestion, colourNames } from '../../domain/live-service.js';
import type { InspectorOf } from '../inspection/inspector.js';

export function createLiveServiceQuestion(inspectorOf: InspectorOf) {
  return {
    /** What runs and where its traffic comes from. `plan-refused` when service and rule do not belong together. */
    async liveService({ cluster, service: name, ruleArn, aws }: LiveServiceQuestion): Promise<LiveService> {
      const inspector = inspectorOf(aws === undefined ? {} : { aws });
      const names = colourNames(name);
      const [service, rule, other] = await Promise.all([
        inspector.readService({ cluster, service: name }),
        inspector.readRule(ruleArn),
        inspector.readService({ cluster, service: names[otherColour(names.live)] }),
      ]);
      if (service === null) {
        throw new ReleaseError('plan-refused', `expected service ${name} in cluster ${cluster}, found none`);
      }
      const groups = Object.keys(rule.weights);
      if (!service.attachments.some(({ targetGroupArn }) => groups.includes(targetGroupArn))) {
        const attached = service.attachments.map(({ targetGroupArn }) => targetGroupArn).join(', ');
        throw new ReleaseError(
          'plan-refused',
          `expected service ${name} attached to a target group of the rule (${groups.join(', ') || 'it has none'}), found ${attached || 'none'}`,
        );
      }
      const [targetGroups, rules, address] = await Promise.all([
        Promise.all(groups.map((arn) => inspector.readTargetGroup(arn))),
        inspector.readRules(rule.listenerArn),
        inspector.readAddress(rule.listenerArn),
      ]);
      const testRules = rules.filter(
        ({ arn, priority, weights, headers }) =>
          arn !== ruleArn &&
          priority < rule.priority &&
          Object.keys(headers).length > 0 &&
          groups.some((group) => weights[group] !== undefined),
      );
      return { service, rule, testRules, targetGroups, address, names, otherExists: other !== null };
    },
  };
}
