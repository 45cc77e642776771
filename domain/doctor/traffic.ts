import { targetGroups } from '../changes.js';
import { type Colour, colours } from '../colour.js';
import { durationText } from '../duration.js';
import { planRelease, weightsOf } from '../plan.js';
import type { ReleaseRequest } from '../release-request.js';
import { describeWeights, liveColour } from '../traffic.js';
import type { ColourFacts, ReleaseFacts, RuleFacts, TargetFacts, TargetGroupFacts } from './facts.js';
import { type Finding, broken, judgeSeen, ok, warning } from './finding.js';

/** Rules, target groups and targets. */
export function judgeTraffic(request: ReleaseRequest, facts: ReleaseFacts): readonly Finding[] {
  const live = liveColourOf(request, facts);
  return [
    ...judgeSeen('production rule', facts.rule, (rule) => judgeRule(request, rule)),
    ...judgeSeen('test rule', facts.testRule, (rule) => judgeTestRule(request, rule, facts)),
    ...colours.flatMap((colour) => {
      const about = `target group of ${colour}`;
      const stop = stopTimeoutOf(request, live === undefined ? undefined : facts.colours[live]);
      return judgeSeen(about, facts.colours[colour].targetGroup, (group) =>
        judgeGroup({ about, request, stop }, group),
      );
    }),
    ...(live === undefined
      ? []
      : judgeSeen(`targets of ${live}`, facts.colours[live].targets, (targets) => [
          judgeTargets(live, request, targets),
        ])),
  ];
}

export function liveColourOf(request: ReleaseRequest, { rule }: ReleaseFacts): Colour | undefined {
  return 'seen' in rule ? liveColour(weightsOf(request, rule.seen)) : undefined;
}

/** What admission would refuse, in its own words. */
function judgeRule(request: ReleaseRequest, rule: RuleFacts): readonly Finding[] {
  const about = 'production rule';
  const weights = weightsOf(request, rule);
  // The test rule and the services have findings of their own; here they are as they should be.
  const sound = {
    weights: Object.fromEntries(Object.values(targetGroups(request)).map((arn) => [arn, 0])),
    stickinessSeconds: 0,
  };
  const running = (colour: Colour) => ({
    targetGroups: [targetGroups(request)[colour]],
    desiredCount: request.workload.desiredCount,
  });
  const services = { blue: running('blue'), green: running('green') };
  const planned = planRelease(request, { rule, testRule: sound, services });
  if ('plan' in planned) return [ok(about, `forwards to both target groups: ${describeWeights(weights)}`)];
  const remedy = 'Bring the rule into the state named: a release would be refused.';
  return planned.refusals.map((refusal) => broken(about, refusal, remedy));
}

function judgeTestRule({ workload, smoke }: ReleaseRequest, rule: RuleFacts, facts: ReleaseFacts): readonly Finding[] {
  const about = 'test rule';
  const findings: Finding[] = [];
  const say = (found: string, remedy: string) => findings.push(broken(about, found, remedy));
  const production = 'seen' in facts.rule ? facts.rule.seen : undefined;
  if (production !== undefined && production.listenerArn !== rule.listenerArn) {
    say(
      `expected it in the listener of the production rule, found it in ${rule.listenerArn}`,
      'Name a rule of the same listener as traffic.testRuleArn.',
    );
  } else if (production !== undefined && rule.priority > production.priority) {
    say(
      `expected it before the production rule (priority ${production.priority}), found priority ${rule.priority}: the smoke test would be answered by the live colour`,
      'Give the test rule a lower number than the production rule.',
    );
  }
  const ours = colours.map((colour) => workload.colours[colour].targetGroupArn);
  const missing = ours.filter((arn) => rule.weights[arn] === undefined);
  if (missing.length > 0) say(`it does not forward to ${missing.join(', ')}`, 'Let it forward to both target groups.');
  const unmet = Object.entries(rule.headers).filter(
    ([name, values]) => !values.includes(headerOf(smoke.headers, name)),
  );
  for (const [name, values] of unmet) {
    say(
      `it matches ${name}: ${values.join(' or ')}, which smoke.headers does not send`,
      'Put the header into smoke.headers: without it the smoke test asks the live colour.',
    );
  }
  return findings.length > 0 ? findings : [ok(about, `priority ${rule.priority}, before the production rule`)];
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}

interface Place {
  readonly about: string;
  readonly request: ReleaseRequest;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly stop: number;
}

/** What ECS does when nobody says. */
const usualStopTimeoutSeconds = 30;

function stopTimeoutOf({ workload: { container } }: ReleaseRequest, live: ColourFacts | undefined): number {
  const service = live !== undefined && 'seen' in live.service ? live.service.seen : null;
  const running = service?.revision.containers.find(({ name }) => name === container.name);
  return container.stopTimeoutSeconds ?? running?.stopTimeoutSeconds ?? usualStopTimeoutSeconds;
}

function judgeGroup(place: Place, group: TargetGroupFacts): readonly Finding[] {
  const { about, request } = place;
  const findings = [judgeDelay(place, group), judgeHealthCheck(about, request, group)];
  if (group.targetType !== 'ip') {
    findings.push(
      broken(
        about,
        `expected targets by ip, found ${group.targetType}`,
        'Fargate tasks register by address: make a target group of type ip.',
      ),
    );
  }
  if (group.sticky) {
    findings.push(
      warning(
        about,
        'its targets are sticky: clients stay on one task, so load spreads unevenly while tasks come and go',
        'Switch stickiness.enabled off unless the service keeps sessions in memory.',
      ),
    );
  }
  return findings.filter((finding) => finding !== undefined);
}

/** The load balancer gives connections up at the end of the delay; the container would go on until stopTimeout. */
function judgeDelay({ about, request: { warmWindowMs }, stop }: Place, group: TargetGroupFacts): Finding {
  const delay = group.deregistrationDelaySeconds;
  const attribute = 'deregistration_delay.timeout_seconds';
  if (delay === 0) {
    return broken(
      about,
      'expected a deregistration delay, found 0 s: requests under way are cut off when a task stops',
      `Set ${attribute} to the longest request, and at least to stopTimeout (${stop} s).`,
    );
  }
  if (delay < stop) {
    return warning(
      about,
      `the load balancer gives up connections after ${delay} s, while the container may go on answering for ${stop} s`,
      `Set ${attribute} to ${stop} or more, or lower workload.container.stopTimeout.`,
    );
  }
  if (delay * 1_000 > warmWindowMs) {
    return warning(
      about,
      `a stopping task is drained for ${durationText(delay * 1_000)}, longer than the warm window of ${durationText(warmWindowMs)}: retiring waits for it`,
      `Lower ${attribute} to the longest request.`,
    );
  }
  return ok(about, `deregistration delay ${delay} s`);
}

function judgeHealthCheck(about: string, { workload }: ReleaseRequest, { healthCheck }: TargetGroupFacts): Finding {
  const startMs = healthCheck.intervalSeconds * healthCheck.healthyThreshold * 1_000;
  const limitMs = workload.rolloutTimeoutMs;
  const found = `a task is healthy ${durationText(startMs)} after its start at the earliest (${healthCheck.healthyThreshold} checks of ${healthCheck.path}, every ${durationText(healthCheck.intervalSeconds * 1_000)})`;
  const remedy = 'Check more often, ask for fewer checks, or raise workload.rolloutTimeout.';
  if (startMs >= limitMs)
    return broken(about, `${found}, and rolloutTimeout is ${durationText(limitMs)}: no rollout can succeed`, remedy);
  if (startMs * 2 > limitMs)
    return warning(about, `${found}, which leaves little of rolloutTimeout (${durationText(limitMs)})`, remedy);
  return ok(about, found);
}

function judgeTargets(live: Colour, { workload }: ReleaseRequest, targets: readonly TargetFacts[]): Finding {
  const about = `targets of ${live}`;
  const healthy = targets.filter(({ health }) => health === 'healthy').length;
  const sick = targets.filter(({ health }) => health !== 'healthy' && health !== 'draining');
  const reasons = sick.map(
    ({ address, health, reason }) => `${address} is ${health}${reason === undefined ? '' : ` (${reason})`}`,
  );
  const found = [`${healthy} of ${targets.length} are healthy`, ...reasons].join('; ');
  const remedy = 'Look at the tasks of the live colour before anything is released.';
  if (healthy === 0) return broken(about, `${found}: nobody serves`, remedy);
  if (sick.length > 0) return warning(about, found, remedy);
  if (healthy < workload.desiredCount) {
    return warning(
      about,
      `${found}; the manifest asks for ${workload.desiredCount}`,
      'Nothing if that is meant: the new version gets the size of the manifest.',
    );
  }
  return ok(about, found);
}
