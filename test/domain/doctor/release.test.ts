import { expect, it } from 'vitest';
import { judgeRelease } from '../../../domain/doctor/doctor.js';
import type {
  ContainerFacts,
  ReleaseFacts,
  RuleFacts,
  ServiceFacts,
  SmokeFacts,
  TargetGroupFacts,
} from '../../../domain/doctor/facts.js';
import type { Finding } from '../../../domain/doctor/finding.js';
import type { ReleaseRequest } from '../../../domain/release-request.js';

const request: ReleaseRequest = {
  lane: { environment: 'prod', service: 'shop' },
  version: '2',
  image: 'shop@sha256:0',
  workload: {
    cluster: 'shop',
    desiredCount: 2,
    colours: {
      blue: { service: 'shop-blue', targetGroupArn: 'tg-blue' },
      green: { service: 'shop-green', targetGroupArn: 'tg-green' },
    },
    container: {
      name: 'shop',
      port: 80,
      cpu: '256',
      memory: '512',
      environment: {},
      secrets: { URL: '/shop/url' },
      executionRoleArn: 'role',
      subnets: [],
      securityGroups: [],
      stopTimeoutSeconds: 30,
    },
    rolloutTimeoutMs: 120_000,
    healthCheckGraceSeconds: 30,
  },
  traffic: { ruleArn: 'rule', testRuleArn: 'test-rule', settleMs: 0 },
  smoke: { url: 'http://shop', headers: { 'X-Test': 'idle' }, paths: ['/'], expectHeaders: {} },
  canary: {
    steps: [{ weight: 5, bakeMs: 60_000 }],
    judge: { minRequests: 1, errorRatioMargin: 0, minErrors: 1, p99Factor: 1, p99MarginMs: 0 },
    periodSeconds: 60,
    metricsLagMs: 0,
    extraBakes: 1,
  },
  warmWindowMs: 600_000,
  patienceMs: 60_000,
  database: {
    urlSecret: 'env:URL',
    applicationName: 'shop/{version}',
    migrations: [],
    lockTimeoutMs: 500,
    quietWindowMs: 1_000,
    contractApproval: 'automatic',
  },
};

const rule: RuleFacts = {
  arn: 'rule',
  listenerArn: 'listener',
  priority: 10,
  weights: { 'tg-blue': 100, 'tg-green': 0 },
  stickinessSeconds: 0,
  headers: {},
  hosts: [],
  paths: [],
};
const testRule: RuleFacts = { ...rule, arn: 'test-rule', priority: 1, headers: { 'x-test': ['idle', 'other'] } };
const group: TargetGroupFacts = {
  arn: 'tg-blue',
  name: 'blue',
  targetType: 'ip',
  port: 80,
  deregistrationDelaySeconds: 60,
  sticky: false,
  healthCheck: { path: '/health', intervalSeconds: 10, healthyThreshold: 3 },
};
const service: ServiceFacts = {
  cluster: 'shop',
  service: 'shop-blue',
  status: 'ACTIVE',
  desiredCount: 2,
  healthCheckGraceSeconds: 30,
  controller: 'ECS',
  rollsBackByItself: false,
  attachments: [{ targetGroupArn: 'tg-blue', container: 'shop', port: 80 }],
  subnets: [],
  securityGroups: [],
  revision: {
    arn: 'shop:1',
    family: 'shop',
    cpu: '256',
    memory: '512',
    executionRoleArn: 'role',
    containers: [
      {
        name: 'shop',
        image: 'shop',
        ports: [80],
        stopTimeoutSeconds: 30,
        environment: {},
        hidden: [],
        secrets: {},
      },
    ],
  },
};
const targets = [
  { address: '10.0.0.1', health: 'healthy' },
  { address: '10.0.0.2', health: 'healthy' },
];
const counted = { requests: 5, errors: 0, connectionErrors: 0 } as never;
const sound = {
  rule: { seen: rule },
  testRule: { seen: testRule },
  colours: {
    blue: { targetGroup: { seen: group }, targets: { seen: targets }, service: { seen: service } },
    green: { targetGroup: { seen: { ...group, arn: 'tg-green' } }, targets: { seen: [] }, service: { seen: null } },
  },
  metrics: { seen: { kind: 'measured', fromMs: 0, toMs: 300_000, colours: { blue: counted, green: counted } } },
  smoke: { url: 'http://shop/health', kind: 'answered', status: 200 },
  database: { seen: { version: 160_004, sessions: { 'shop/1': 4 } } },
} as const satisfies ReleaseFacts;

const away = { failure: { code: 'aws-refused', message: 'denied' } } as const;
const blue = (change: Partial<ReleaseFacts['colours']['blue']>): ReleaseFacts => ({
  ...sound,
  colours: { ...sound.colours, blue: { ...sound.colours.blue, ...change } },
});
const live = (change: Partial<ServiceFacts>) => blue({ service: { seen: { ...service, ...change } } });
type Answer<Facts = SmokeFacts> = Facts extends SmokeFacts ? Omit<Facts, 'url'> : never;
const smoked = (answer: Answer): ReleaseFacts => ({
  ...sound,
  smoke: { url: 'https://shop/health', ...answer } as SmokeFacts,
});
const contained = (change: Partial<ContainerFacts>) => {
  const [container] = service.revision.containers as readonly [ContainerFacts];
  return live({ revision: { ...service.revision, containers: [{ ...container, ...change }] } });
};
const grouped = (change: Partial<TargetGroupFacts>) => blue({ targetGroup: { seen: { ...group, ...change } } });
const ruled = (change: Partial<RuleFacts>): ReleaseFacts => ({ ...sound, rule: { seen: { ...rule, ...change } } });
const tested = (change: Partial<RuleFacts>): ReleaseFacts => ({
  ...sound,
  testRule: { seen: { ...testRule, ...change } },
});

const troubled = (facts: ReleaseFacts): readonly Finding[] =>
  judgeRelease(request, facts).filter(({ verdict }) => verdict !== 'ok');

it('has nothing to say against a sound place', () => {
  expect(troubled(sound)).toEqual([]);
  expect(judgeRelease(request, sound).map(({ about }) => about)).toContain('application_name');
});

it('has nothing to say against what a release takes over: other containers, and roles that only the live version names', () => {
  const { revision } = service;
  const [container] = revision.containers as readonly [ContainerFacts];
  const containers = [container, { ...container, name: 'proxy', environment: { LEVEL: 'warn' } }];
  expect(troubled(live({ revision: { ...revision, taskRoleArn: 'reader', containers } }))).toEqual([]);
});

it('takes a test rule whose host and path the smoke test has', () => {
  expect(troubled(tested({ hosts: ['SHO?', 'x'], paths: ['/*'] }))).toEqual([]);
});

it('takes variables and time that the manifest does not state from the live version', () => {
  const {
    environment: _environment,
    secrets: _secrets,
    stopTimeoutSeconds: _stop,
    ...container
  } = request.workload.container;
  const bare = { ...request, workload: { ...request.workload, container } };
  const facts = contained({ environment: { LEVEL: 'warn' }, hidden: ['TOKEN'], stopTimeoutSeconds: 90 });
  expect(judgeRelease(bare, facts).filter(({ verdict }) => verdict !== 'ok')).toEqual(
    ['blue', 'green'].map((colour) => ({
      about: `target group of ${colour}`,
      verdict: 'warning',
      found: expect.stringContaining('the container may go on answering for 90 s') as string,
      remedy: expect.any(String) as string,
    })),
  );
});

const cases: [what: string, facts: ReleaseFacts, verdict: Finding['verdict'], about: string, words: RegExp][] = [
  ['a rule that cannot be read', { ...sound, rule: away }, 'broken', 'production rule', /denied/],
  ['sticky groups', ruled({ stickinessSeconds: 60 }), 'broken', 'production rule', /1 min/],
  ['a rule without green', ruled({ weights: { 'tg-blue': 1 } }), 'broken', 'production rule', /tg-green/],
  ['a foreign group', ruled({ weights: { ...rule.weights, x: 1 } }), 'broken', 'production rule', /forwards to x/],
  ['divided traffic', ruled({ weights: { 'tg-blue': 9, 'tg-green': 1 } }), 'broken', 'production rule', /blue 9/],
  ['a late test rule', tested({ priority: 11 }), 'broken', 'test rule', /priority 11/],
  ['a test rule elsewhere', tested({ listenerArn: 'other' }), 'broken', 'test rule', /found it in other/],
  ['a test rule of one colour', tested({ weights: { 'tg-blue': 1 } }), 'broken', 'test rule', /tg-green/],
  ['another test header', tested({ headers: { 'x-other': ['1'] } }), 'broken', 'test rule', /x-other: 1/],
  ['a test rule of another host', tested({ hosts: ['*.other'] }), 'broken', 'smoke test', /\*\.other.*names shop/],
  ['a test rule of another path', tested({ paths: ['/api/*'] }), 'broken', 'smoke test', /\/api\/\*, and not \/$/],
  [
    'a certificate of another host',
    smoked({ kind: 'untrusted', reason: 'not in the cert' }),
    'broken',
    'smoke test',
    /GET https:\/\/shop\/health: expected a certificate for that host.*not in the cert/,
  ],
  [
    'nobody at the smoke address',
    smoked({ kind: 'unreachable', reason: 'refused' }),
    'broken',
    'smoke test',
    /refused/,
  ],
  ['an unhealthy answer', smoked({ kind: 'answered', status: 404 }), 'warning', 'smoke test', /expected a 2xx.*404/],
  ['no draining', grouped({ deregistrationDelaySeconds: 0 }), 'broken', 'target group of blue', /0 s/],
  ['short draining', grouped({ deregistrationDelaySeconds: 5 }), 'warning', 'target group of blue', /5 s.*30 s/],
  ['long draining', grouped({ deregistrationDelaySeconds: 900 }), 'warning', 'target group of blue', /15 min/],
  ['targets by instance', grouped({ targetType: 'instance' }), 'broken', 'target group of blue', /instance/],
  ['sticky targets', grouped({ sticky: true }), 'warning', 'target group of blue', /sticky/],
  [
    'checks that outlast the rollout',
    grouped({ healthCheck: { path: '/', intervalSeconds: 60, healthyThreshold: 2 } }),
    'broken',
    'target group of blue',
    /2 min.*no rollout can succeed/,
  ],
  [
    'checks that leave little time',
    grouped({ healthCheck: { path: '/', intervalSeconds: 30, healthyThreshold: 3 } }),
    'warning',
    'target group of blue',
    /leaves little/,
  ],
  ['no healthy target', blue({ targets: { seen: [] } }), 'broken', 'targets of blue', /nobody serves/],
  [
    'a sick target',
    blue({ targets: { seen: [...targets, { address: '10.0.0.3', health: 'unhealthy', reason: 'Timeout' }] } }),
    'warning',
    'targets of blue',
    /10\.0\.0\.3 is unhealthy \(Timeout\)/,
  ],
  [
    'fewer targets than asked',
    blue({ targets: { seen: targets.slice(1) } }),
    'warning',
    'targets of blue',
    /asks for 2/,
  ],
  ['a live service that is not there', blue({ service: { seen: null } }), 'broken', 'service of blue', /found none/],
  ['a service being deleted', live({ status: 'DRAINING' }), 'broken', 'service of blue', /DRAINING/],
  ['another deployer', live({ controller: 'CODE_DEPLOY' }), 'broken', 'service of blue', /CODE_DEPLOY/],
  ['a detached service', live({ attachments: [] }), 'broken', 'service of blue', /no target group/],
  [
    'another port',
    live({ attachments: [{ targetGroupArn: 'tg-blue', container: 'shop', port: 81 }] }),
    'broken',
    'service of blue',
    /shop:81.*shop:80/,
  ],
  ['less time to start', live({ healthCheckGraceSeconds: 60 }), 'warning', 'service of blue', /has 60 s.*30 s/],
  ['a second hand', live({ rollsBackByItself: true }), 'warning', 'service of blue', /by itself/],
  ['a live service without tasks', live({ desiredCount: 0 }), 'broken', 'service of blue', /no task/],
  [
    'another role',
    live({ revision: { ...service.revision, executionRoleArn: 'reader' } }),
    'warning',
    'service of blue',
    /executionRoleArn is reader now, and role in/,
  ],
  [
    'variables that the manifest leaves out',
    contained({ environment: { LEVEL: 'warn' }, hidden: ['TOKEN'], secrets: { KEY: '/shop/key' } }),
    'warning',
    'service of blue',
    /live version has LEVEL, TOKEN, KEY, which the manifest leaves out/,
  ],
  [
    'a container of another name',
    contained({ name: 'web' }),
    'broken',
    'service of blue',
    /expected the container shop in shop:1, found web/,
  ],
  [
    'no metrics',
    { ...sound, metrics: { seen: { kind: 'unmeasurable', reason: 'throttled' } } },
    'broken',
    'metrics',
    /throttled/,
  ],
  [
    'no traffic',
    {
      ...sound,
      metrics: { seen: { ...sound.metrics.seen, colours: { blue: { requests: 0 }, green: { requests: 0 } } as never } },
    },
    'warning',
    'metrics',
    /no request/,
  ],
  ['a database that is away', { ...sound, database: away }, 'broken', 'database', /denied/],
  [
    'an old database',
    { ...sound, database: { seen: { ...sound.database.seen, version: 120_022 } } },
    'broken',
    'database',
    /expected Postgres 13 or later, found 12/,
  ],
  [
    'sessions without a version',
    { ...sound, database: { seen: { version: 160_004, sessions: {} } } },
    'warning',
    'application_name',
    /found none/,
  ],
];

it.each(cases)('sees %s', (_what, facts, verdict, about, words) => {
  const found = troubled(facts).filter((finding) => finding.about === about);
  expect(found).toEqual([
    { about, verdict, found: expect.stringMatching(words), remedy: expect.stringMatching(/\S \S/) },
  ]);
});
