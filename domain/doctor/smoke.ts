import { matchesPattern } from '../listener-pattern.js';
import type { ReleaseRequest } from '../release-request.js';
import type { ReleaseFacts, RuleFacts, SmokeFacts } from './facts.js';
import { type Finding, broken, ok, warning } from './finding.js';

const about = 'smoke test';

/** Whether the smoke test will reach the load balancer, and the test rule match it. */
export function judgeSmoke(request: ReleaseRequest, { smoke, testRule }: ReleaseFacts): readonly Finding[] {
  return [judgeAnswer(smoke), ...('seen' in testRule ? judgeConditions(request, testRule.seen) : [])];
}

function judgeAnswer(smoke: SmokeFacts): Finding {
  const asked = `GET ${smoke.url}`;
  switch (smoke.kind) {
    case 'untrusted':
      return broken(
        about,
        `${asked}: expected a certificate for that host, found another: ${smoke.reason}`,
        'Put the host that shoppers use into smoke.url: the load balancer’s own name is in no certificate.',
      );
    case 'unreachable':
      return broken(
        about,
        `${asked}: expected an answer, found none: ${smoke.reason}`,
        'Correct smoke.url, or let the worker reach it: DNS, security group, routes.',
      );
    case 'answered':
      if (smoke.status >= 200 && smoke.status < 300) return ok(about, `${asked} answered ${smoke.status}`);
      return warning(
        about,
        `${asked}: expected a 2xx from the live version, found ${smoke.status}`,
        'See that smoke.url has the host and scheme the rules match, and smoke.paths what the service answers.',
      );
  }
}

function judgeConditions({ smoke }: ReleaseRequest, rule: RuleFacts): readonly Finding[] {
  const host = new URL(smoke.url).hostname;
  const unmatched = (patterns: readonly string[], value: string) =>
    patterns.length > 0 && !patterns.some((pattern) => matchesPattern(pattern, value));
  const findings = smoke.paths
    .filter((path) => unmatched(rule.paths, path.split('?')[0] ?? path))
    .map((path) =>
      broken(
        about,
        `the test rule matches the paths ${rule.paths.join(', ')}, and not ${path}`,
        'Correct smoke.paths or the rule: without the test rule the smoke test asks the live colour.',
      ),
    );
  // Hosts are compared without case, paths with it.
  const hosts = rule.hosts.map((pattern) => pattern.toLowerCase());
  if (!unmatched(hosts, host)) return findings;
  return [
    broken(
      about,
      `the test rule matches the hosts ${rule.hosts.join(', ')}, and smoke.url names ${host}`,
      'Put a host of the test rule into smoke.url: without it the smoke test asks the live colour.',
    ),
    ...findings,
  ];
}
