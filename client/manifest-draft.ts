import type { Colour } from '../domain/colour.js';
import type { ContainerFacts, RuleFacts } from '../domain/doctor/facts.js';
import { isPlain, matchesPattern } from '../domain/listener-pattern.js';
import type { LiveService } from '../domain/live-service.js';
import type { AwsRequest } from '../domain/release-request.js';
import { mark } from './open-points.js';

/** A manifest of what runs now, with comments; the schema takes it once what does not exist yet is there. `origin` says where it comes from. */
export function draftManifest(live: LiveService, origin: string, aws?: AwsRequest): string {
  const { service, names } = live;
  const attachment = attachmentOf(live);
  const container = service.revision.containers.find(({ name }) => name === attachment.container);
  const image = container === undefined ? undefined : imageByDigest(container);
  const digest = image?.split('@sha256:')[1];
  return `# ${origin}
# What is marked with CHANGE could not be known, or does not exist yet. \`sluice doctor -f\` looks at the rest.
apiVersion: sluice/v1
kind: Release
# Environment and service name the lane: at most one release runs in it.
environment: production ${mark} where this runs
service: ${text(names.plain.slice(0, 64))}
# Every release has a version of its own; this one is named after the image that runs.
version: ${text(digest?.slice(0, 12) ?? 'first')}
# By digest: what was tested is what runs.
image: ${image ?? `example.invalid/${names.plain.toLowerCase()}@sha256:${'0'.repeat(64)} ${mark} no task runs, so its digest is unknown`}
${awsSection(aws)}
workload:
  cluster: ${text(service.cluster)}
  desiredCount: ${Math.max(1, service.desiredCount)}
  # One of them is live; a release goes to the other.
${colourSection(live, 'blue')}
${colourSection(live, 'green')}
  # All else of the task definition that is live stays as it is, other containers too.
  container:
${containerSection(live, container)}
  # How long ECS looks over failing health checks of a task that starts.
  healthCheckGrace: ${service.healthCheckGraceSeconds}s

traffic:
  # sluice is the only owner of this rule's weights from the first release on.
  ruleArn: ${text(live.rule.arn)}
${smokeSections(live)}

canary:
  # Per cent of the traffic, and how long it is looked at before the next step.
  steps:
    - { weight: 5, bake: 10m }
    - { weight: 25, bake: 10m }
    - { weight: 50, bake: 10m }

# How long the old colour stays at full size after that, one weight change away.
warmWindow: 30m

# For a release that changes the schema:
# database:
#   # The worker's environment variable that holds the URL.
#   url: env:DATABASE_URL
#   # application_name of the service's sessions; it must carry the version.
#   applicationName: ${names.plain}/{version}
#   # A folder beside this file, with expand/, backfill/ and contract/.
#   migrations: migrations
`;
}

function awsSection(aws: AwsRequest = {}): string {
  const lines = Object.entries(aws).map(([key, value]: [string, string]) => `${key}: ${text(value)}`);
  if (lines.length === 0) return '';
  return ['', '# Where the services are and as whom they are changed; what is not named is the worker’s own.', 'aws:']
    .concat(indent(lines), '')
    .join('\n');
}

function attachmentOf({ service, rule }: LiveService) {
  const attachment = service.attachments.find(({ targetGroupArn }) => rule.weights[targetGroupArn] !== undefined);
  return attachment ?? { targetGroupArn: '', container: '', port: 80 };
}

/** `registry.example/shop:2` that runs as sha256:… is `registry.example/shop@sha256:…` */
function imageByDigest({ image, digest }: ContainerFacts): string | undefined {
  const [name = '', pinned] = image.split('@');
  const known = pinned ?? digest;
  return known === undefined ? undefined : `${name.replace(/:[^/:]+$/, '')}@${known}`;
}

function colourSection(live: LiveService, colour: Colour): string {
  const { names, otherExists, rule } = live;
  const own = attachmentOf(live).targetGroupArn;
  const isLive = colour === names.live;
  const other = Object.keys(rule.weights).find((arn) => arn !== own);
  const arn = isLive ? own : (other ?? proposedGroup(own, names[colour]));
  const service = isLive || otherExists ? '' : ' # not there yet: the first release makes it';
  const group =
    isLive || other !== undefined ? '' : ` ${mark} make this target group, and let both rules forward to both groups`;
  return `  ${colour}:\n    service: ${text(names[colour])}${service}\n    targetGroupArn: ${text(arn)}${group}`;
}

const nobody = '0'.repeat(16);

function proposedGroup(liveArn: string, name: string): string {
  return liveArn.replace(/targetgroup\/.*$/, `targetgroup/${name.slice(0, 32)}/${nobody}`);
}

function containerSection(live: LiveService, container: ContainerFacts | undefined): string {
  const { service, names } = live;
  const { revision } = service;
  const secrets = [
    ...Object.entries(container?.secrets ?? {}).map(([key, reference]) => `${key}: ${text(reference)}`),
    ...(container?.hidden ?? []).map(
      (key) =>
        `${key}: ${text(`/${names.plain}/${key}`)} ${mark} a plain value now that looks like a secret; store it as a parameter of this name`,
    ),
  ];
  const plain = Object.entries(container?.environment ?? {}).map(([key, value]) =>
    // The schema takes it for something that is left to be filled in.
    value.includes('${')
      ? `${key}: "" ${mark} its value has a placeholder of its own, which a manifest cannot hold`
      : `${key}: ${JSON.stringify(value)}`,
  );
  const lines = [
    `name: ${text(container?.name ?? names.plain)}`,
    `port: ${attachmentOf(live).port}`,
    `cpu: ${revision.cpu || `256 ${mark} the task definition says none`}`,
    `memory: ${revision.memory || `512 ${mark} the task definition says none`}`,
    ...(plain.length === 0 ? [] : ['environment:', ...indent(plain)]),
    ...(secrets.length === 0
      ? []
      : ['# References only: the value never passes through sluice.', 'secrets:', ...indent(secrets)]),
    ...(revision.executionRoleArn === undefined ? [] : [`executionRoleArn: ${text(revision.executionRoleArn)}`]),
    ...(revision.taskRoleArn === undefined ? [] : [`taskRoleArn: ${text(revision.taskRoleArn)}`]),
    service.subnets.length === 0
      ? `subnets: [subnet-0] ${mark} the service names none`
      : `subnets: ${list(service.subnets)}`,
    `securityGroups: ${list(service.securityGroups)}`,
    `stopTimeout: ${container?.stopTimeoutSeconds ?? 30}s`,
  ];
  return indent(indent(lines)).join('\n');
}

function smokeSections(live: LiveService): string {
  const [testRule] = live.testRules;
  const own = attachmentOf(live).targetGroupArn;
  const path = live.targetGroups.find(({ arn }) => arn === own)?.healthCheck.path ?? '/';
  const headers = testRule === undefined ? ['x-sluice-test: idle'] : headersOf(testRule);
  return `  # The rule that lets the smoke test reach the idle colour.
  testRuleArn: ${testRule === undefined ? `${text(live.rule.arn.replace(/[^/]+$/, nobody))} ${mark} make a rule before that one, which matches the header below and forwards to both groups` : text(testRule.arn)}

# Asked through the test rule, while everybody else is still on the other colour.
smoke:
  url: ${smokeUrl(live)}
  headers:
${indent(indent(headers)).join('\n')}
  paths:
    - ${text(path)}${pathMark(testRule ?? live.rule, path)}`;
}

/** Under the host that the rule matches: a certificate names that one, never the load balancer's own. */
function smokeUrl({ rule, testRules: [testRule], address }: LiveService): string {
  const hosts = [...(testRule?.hosts ?? []), ...rule.hosts];
  const plain = hosts.find(isPlain);
  if (plain !== undefined) {
    const url = new URL(address);
    url.hostname = plain;
    return text(url.href.replace(/\/$/, ''));
  }
  if (hosts.length > 0)
    return `${text(address)} ${mark} the rule matches ${hosts.join(', ')} only; name such a host here`;
  if (!address.startsWith('https:')) return text(address);
  return `${text(address)} ${mark} its certificate does not name the load balancer; put the host that shoppers use`;
}

function pathMark({ paths }: RuleFacts, path: string): string {
  if (paths.length === 0 || paths.some((pattern) => matchesPattern(pattern, path))) return '';
  return ` ${mark} the rule matches ${paths.join(', ')} only; name such a path that is safe to ask`;
}

function headersOf({ headers }: RuleFacts): string[] {
  return Object.entries(headers).map(([name, values]) => `${text(name)}: ${text(values[0] ?? '')}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function list(words: readonly string[]): string {
  return `[${words.map(text).join(', ')}]`;
}

/** Bare where YAML reads it as the same text, quoted otherwise. */
function text(value: string): string {
  const bare = /^[A-Za-z/][\w./@-]*(:[\w./@-]+)*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return bare ? value : JSON.stringify(value);
}
