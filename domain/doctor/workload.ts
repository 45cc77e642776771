import { type Colour, colours } from '../colour.js';
import { counted } from '../counted.js';
import { durationText } from '../duration.js';
import type { ReleaseRequest } from '../release-request.js';
import type { Measurement } from '../verdict.js';
import type { ContainerFacts, ReleaseFacts, ServiceFacts } from './facts.js';
import { type Finding, broken, judgeSeen, ok, warning } from './finding.js';
import { liveColourOf } from './traffic.js';

/** Services, what they run, and what is measured of them. */
export function judgeWorkload(request: ReleaseRequest, facts: ReleaseFacts): readonly Finding[] {
  const live = liveColourOf(request, facts);
  return [
    ...colours.flatMap((colour) =>
      judgeSeen(`service of ${colour}`, facts.colours[colour].service, (service) =>
        judgeService({ request, colour, live: colour === live }, service),
      ),
    ),
    ...judgeSeen('metrics', facts.metrics, (measurement) => [judgeMetrics(live, measurement)]),
  ];
}

interface Place {
  readonly request: ReleaseRequest;
  readonly colour: Colour;
  readonly live: boolean;
}

function judgeService({ request, colour, live }: Place, found: ServiceFacts | null): readonly Finding[] {
  const about = `service of ${colour}`;
  const { service, targetGroupArn } = request.workload.colours[colour];
  if (found === null) {
    return live
      ? [
          broken(
            about,
            `expected ${service}, since ${colour} has all traffic; found none`,
            'Name the service that runs now in the manifest.',
          ),
        ]
      : [ok(about, `${service} is not there yet: a release makes it`)];
  }
  const findings: Finding[] = [];
  if (found.status !== 'ACTIVE') {
    findings.push(
      broken(
        about,
        `expected ${service} to be active, found it ${found.status}`,
        'Wait until ECS has deleted it, or name another service.',
      ),
    );
  }
  if (found.controller !== 'ECS') {
    findings.push(
      broken(
        about,
        `expected ${service} to be deployed by ECS itself, found the controller ${found.controller}`,
        'Make the service with the deployment controller ECS: two owners of one service do not work.',
      ),
    );
  }
  const attachment = found.attachments.find((it) => it.targetGroupArn === targetGroupArn);
  if (attachment === undefined) {
    const others = found.attachments.map((it) => it.targetGroupArn).join(', ') || 'no target group';
    findings.push(
      broken(
        about,
        `expected ${service} attached to ${targetGroupArn}, found ${others}`,
        'Correct the manifest, or make the service anew with its target group.',
      ),
    );
  } else {
    const { name, port } = request.workload.container;
    if (attachment.container !== name || attachment.port !== port) {
      findings.push(
        broken(
          about,
          `${service} sends requests to ${attachment.container}:${attachment.port}, the manifest has ${name}:${port}`,
          'Correct workload.container: ECS refuses a task definition without that container and port.',
        ),
      );
    }
  }
  if (found.rollsBackByItself) {
    findings.push(
      warning(
        about,
        `the circuit breaker of ${service} rolls back by itself, beside sluice`,
        'Switch its rollback off; the breaker itself may stay on.',
      ),
    );
  }
  if (live && found.desiredCount === 0) {
    findings.push(
      broken(about, `${service} is asked to run no task, and ${colour} has all traffic`, 'Start its tasks.'),
    );
  }
  if (live) findings.push(...judgeRevision(about, request, found));
  return findings.length > 0
    ? findings
    : [ok(about, `${service} runs ${counted(found.desiredCount, 'task')} of ${found.revision.family}`)];
}

/** What the next version would have otherwise than the one that serves. */
function judgeRevision(
  about: string,
  request: ReleaseRequest,
  { revision, healthCheckGraceSeconds }: ServiceFacts,
): readonly Finding[] {
  const { workload } = request;
  const { container } = workload;
  const findings: Finding[] = [];
  const grace = workload.healthCheckGraceSeconds ?? healthCheckGraceSeconds;
  if (healthCheckGraceSeconds > grace) {
    findings.push(
      warning(
        about,
        `a starting task has ${healthCheckGraceSeconds} s before its health checks count; in the manifest ${grace} s`,
        'Raise workload.healthCheckGrace, unless the new version starts faster.',
      ),
    );
  }
  const named = revision.containers.find(({ name }) => name === container.name);
  if (named === undefined) {
    const names = revision.containers.map(({ name }) => name).join(', ') || 'none';
    findings.push(
      broken(
        about,
        `expected the container ${container.name} in ${revision.arn}, found ${names}`,
        'Correct workload.container.name: a release changes a container that is there.',
      ),
    );
  } else {
    findings.push(...judgeVariables(about, request, named));
  }
  for (const [key, was, will] of [
    ['executionRoleArn', revision.executionRoleArn, container.executionRoleArn],
    ['taskRoleArn', revision.taskRoleArn, container.taskRoleArn],
  ] as const) {
    if (will === undefined || was === will) continue;
    findings.push(
      warning(
        about,
        `${key} is ${was ?? 'not set'} now, and ${will} in the manifest`,
        `Correct workload.container.${key}, unless that is meant.`,
      ),
    );
  }
  const role = container.executionRoleArn ?? revision.executionRoleArn;
  if (role === undefined && Object.keys(container.secrets ?? {}).length > 0) {
    findings.push(
      warning(
        about,
        'the manifest has secrets, and neither it nor the live version an executionRoleArn: ECS reads secrets with that role',
        'Set workload.container.executionRoleArn.',
      ),
    );
  }
  return findings;
}

/** What the manifest states of variables is all of them. */
function judgeVariables(
  about: string,
  { workload: { container } }: ReleaseRequest,
  live: ContainerFacts,
): readonly Finding[] {
  const { environment, secrets } = container;
  const plain = [...Object.keys(live.environment), ...live.hidden];
  const will = new Set([
    ...Object.keys(environment ?? live.environment),
    ...(environment === undefined ? live.hidden : []),
    ...Object.keys(secrets ?? live.secrets),
  ]);
  const lost = [...plain, ...Object.keys(live.secrets)].filter((name) => !will.has(name));
  if (lost.length === 0) return [];
  return [
    warning(
      about,
      `the live version has ${lost.join(', ')}, which the manifest leaves out`,
      'Add them to workload.container.environment or secrets, unless the new version does without.',
    ),
  ];
}

function judgeMetrics(live: Colour | undefined, measurement: Measurement): Finding {
  if (measurement.kind === 'unmeasurable') {
    return broken('metrics', measurement.reason, 'Without metrics no canary can pass: mend what is named.');
  }
  const { requests } = measurement.colours[live ?? 'blue'];
  const window = durationText(measurement.toMs - measurement.fromMs);
  if (requests > 0) return ok('metrics', `${requests} requests counted in ${window}`);
  return warning(
    'metrics',
    `CloudWatch answers, and has counted no request in ${window}`,
    'Without traffic a canary stays undecided: see canary.judge.minRequests.',
  );
}
