import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../activities/admission/request-schema.js';
import { type Manifest, changed, problemsOf, requestOf, withValue } from './parsed-manifest.js';
import { digest, validManifest, validMigrations } from './valid-manifest.js';

describe('a valid manifest', () => {
  it('becomes a request with milliseconds, colours and the migration files', () => {
    const acceptOlderImage = 'version 6 drops an index alone';
    const request = requestOf({ ...validManifest(), acceptOlderImage });
    expect(requestOf(validManifest())).not.toHaveProperty('acceptOlderImage');
    expect(request).toMatchObject({
      acceptOlderImage,
      lane: { environment: 'production', service: 'shop' },
      version: 'v2',
      image: `registry.example:5000/shop@${digest}`,
      workload: {
        colours: { blue: { service: 'shop-blue' }, green: { service: 'shop-green' } },
        container: { cpu: '256', memory: '512', stopTimeoutSeconds: 20 },
        rolloutTimeoutMs: 300_000,
      },
      canary: {
        steps: [
          { weight: 5, bakeMs: 120_000 },
          { weight: 25, bakeMs: 5_400_000 },
        ],
        judge: { minRequests: 200, errorRatioMargin: 0.02, minErrors: 4, p99Factor: 2, p99MarginMs: 250 },
        periodSeconds: 60,
        extraBakes: 1,
      },
      warmWindowMs: 900_000,
      database: {
        urlSecret: 'env:SHOP_DATABASE_URL',
        lockTimeoutMs: 200,
        quietWindowMs: 45_000,
        contractApproval: 'automatic',
        migrations: validMigrations,
      },
    });
  });

  it('survives JSON unchanged, as every payload must', () => {
    const request = requestOf(validManifest());
    expect(JSON.parse(JSON.stringify(request))).toStrictEqual(request);
  });

  it('has the documented default for everything that may be left out', () => {
    const manifest = validManifest() as Record<string, unknown> & Manifest;
    const left = {
      ...manifest,
      warmWindow: undefined,
      workload: { ...manifest.workload, rolloutTimeout: undefined },
      canary: { steps: manifest.canary.steps },
      database: {
        url: manifest.database.url,
        applicationName: manifest.database.applicationName,
        migrations: manifest.database.migrations,
      },
    };
    const { name, port, cpu, memory, subnets } = manifest.workload.container;
    left.workload.container = { name, port, cpu, memory, subnets } as Manifest['workload']['container'];
    expect(requestOf(JSON.parse(JSON.stringify(left)))).toMatchObject({
      warmWindowMs: 600_000,
      workload: {
        rolloutTimeoutMs: 600_000,
      },
      canary: {
        judge: { minRequests: 100, errorRatioMargin: 0.01, minErrors: 5, p99Factor: 1.5, p99MarginMs: 100 },
        periodSeconds: 60,
        extraBakes: 2,
      },
      database: { lockTimeoutMs: 500, quietWindowMs: 30_000, contractApproval: 'required' },
    });
  });

  it('leaves to the live version what need not be stated of a container', () => {
    const { workload: whole } = validManifest();
    const { name, port, cpu, memory, subnets } = whole.container;
    const container = { name, port, cpu, memory, subnets };
    const { workload } = requestOf(withValue('workload', { ...whole, container }));
    expect(workload).not.toHaveProperty('healthCheckGraceSeconds');
    expect(workload.container).toEqual({ ...container, cpu: '256' });
  });

  it('takes the limits of a backfill that are stated, and no others', () => {
    const { database } = validManifest();
    expect(requestOf(validManifest()).database).not.toHaveProperty('brakes');
    const brakes = { replicaBytes: '256MB', replicaStall: '1m', deadRows: '80%', vacuum: 'off' };
    expect(requestOf(withValue('database', { ...database, brakes })).database?.brakes).toEqual({
      replicaBytes: 256e6,
      replicaStall: 60_000,
      deadRows: 0.8,
      vacuum: 'off',
    });
  });

  it('takes the pace and the jobs of a backfill that are stated', () => {
    const { database } = validManifest();
    expect(requestOf(validManifest()).database).not.toHaveProperty('pace');
    expect(requestOf(withValue('database', { ...database, pace: '20%' })).database?.pace).toBe(0.2);
    expect(requestOf(withValue('database', { ...database, jobs: 4 })).database?.jobs).toBe(4);
  });

  it('needs no database', () => {
    expect(requestOf(withValue('database', undefined), [])).not.toHaveProperty('database');
  });
});

describe('a refused manifest', () => {
  const refusals: readonly (readonly [path: string, value: unknown, message: string])[] = [
    ['apiVersion', 'sluice/v2', 'expected sluice/v1, found "sluice/v2"'],
    ['kind', 'Deployment', 'expected Release, found "Deployment"'],
    ['environment', 'a/b', 'expected an environment'],
    ['service', 'x'.repeat(65), 'expected a service: 1 to 64 of'],
    ['version', 2.1, 'as a quoted string, found the number 2.1'],
    ['version', undefined, 'expected a version: 1 to 64 of A-Z a-z 0-9 . _ - as a quoted string, found nothing'],
    ['image', 'shop:v2', 'found the tag "v2"'],
    ['image', `shop:v2@${digest}`, 'found the tag "v2" beside it'],
    ['image', 'shop', 'expected an image by digest, name@sha256:<64 hex digits>, found "shop"'],
    ['image', `shop@${digest}0`, 'expected an image by digest'],
    ['image', `shop@${digest.toUpperCase()}`, 'expected an image by digest'],
    ['workload', [], 'found a list of 0'],
    ['workload.desiredCount', 0, 'a whole number from 1 to 5000, found the number 0'],
    ['workload.desiredCount', '3', 'a whole number from 1 to 5000, found "3"'],
    ['workload.container.port', 65_536, 'the port the container listens on'],
    ['workload.container.cpu', '1 vCPU', 'expected CPU units such as 256'],
    ['workload.container.subnets', [], 'expected at least one subnet id'],
    ['workload.container.stopTimeout', '1500ms', 'in whole multiples of 1s'],
    ['workload.container.stopTimeout', '3m', 'from 1s to 2m'],
    ['workload.container.executionRoleArn', 'execution', 'expected the ARN of a role'],
    ['workload.rolloutTimeout', 600, 'expected a duration with its unit, such as 500ms, 30s, 5m or 1h'],
    ['workload.rolloutTimeout', '600', 'expected a duration with its unit'],
    ['workload.rolloutTimeout', '-1m', 'expected a duration with its unit'],
    ['traffic.ruleArn', 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/x', 'ARN of a listener rule'],
    ['smoke.url', 'https://me:secret@shop.example', 'found a value not repeated here'],
    ['smoke.paths', ['health'], 'expected a path that begins with /, found "health"'],
    ['smoke.headers', {}, 'expected at least the header'],
    ['canary.steps', [], 'expected at least one step'],
    ['canary.judge', null, 'expected a mapping with thresholds, found nothing'],
    ['canary.judge.errorRatioMargin', 2, 'a number from 0 to 1, found the number 2'],
    ['canary.period', '90500ms', 'in whole multiples of 1s'],
    ['warmWindow', '8d', 'expected a duration from 0s to 7d'],
    ['database.url', 'postgres://me:secret@db/shop', 'found a value not repeated here, it may hold a secret'],
    ['database.applicationName', 'shop', 'with {version} in it'],
    ['database.applicationName', '{version}', 'a text of the service before it'],
    ['database.applicationName', `${'s'.repeat(62)}{version}`, 'expected at most 63 characters'],
    ['database.migrations', '/etc/migrations', 'expected a folder relative to the manifest'],
    ['database.lockTimeout', '1s', 'expected a duration from 1ms to 999ms'],
    ['database.brakes.replicaBytes', 64, 'expected a size such as 512kB, 64MB or 4GB, or off, found the number 64'],
    ['database.brakes.vacuum', 'never', 'expected on or off, found "never"'],
    ['database.jobs', 17, 'expected the jobs, a whole number from 1 to 16'],
    ['database.pace', '200%', 'expected a share of the time from 1% to 100%, or full, which is without pauses'],
    ['database.quietWindow', '0s', 'expected a duration from 1s to 1d'],
    ['database.contractApproval', 'never', 'expected automatic or required, found "never"'],
  ];

  it.each(refusals)('names %s when it is %j', (path, value, message) => {
    const problems = problemsOf(withValue(path, value));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path.join('.')).toMatch(new RegExp(`^${path}(\\.\\d+)?$`));
    expect(problems[0]?.message).toContain(message);
  });

  it('never repeats a secret it found in the wrong place', () => {
    const manifest = changed((it) => {
      it.database.url = 'postgres://me:hunter2@db/shop';
      it.workload.container.environment.DATABASE = 'postgres://me:hunter2@db/shop';
      it.workload.container.environment.ADMIN_PASSWORD = 'hunter2';
      it.workload.container.secrets.DATABASE_URL = 'postgres://me:hunter2@db/shop';
    });
    expect(problemsOf(manifest)).toHaveLength(4);
    expect(JSON.stringify(problemsOf(manifest))).not.toContain('hunter2');
  });

  it('tells the colours apart: service and target group of blue and green differ', () => {
    const manifest = changed((it) => {
      it.workload.green = { ...it.workload.blue };
    });
    expect(problemsOf(manifest).map(({ path }) => path.join('.'))).toEqual([
      'workload.green.service',
      'workload.green.targetGroupArn',
    ]);
  });

  it('wants a test rule of its own', () => {
    const manifest = changed((it) => {
      it.traffic.testRuleArn = it.traffic.ruleArn;
    });
    expect(problemsOf(manifest)).toMatchObject([{ path: ['traffic', 'testRuleArn'] }]);
  });

  it('wants canary weights that rise and bakes of at least one period', () => {
    const manifest = changed((it) => {
      it.canary.steps = [
        { weight: 20, bake: '30s' },
        { weight: 20, bake: '2m' },
        { weight: 100, bake: '2m' },
      ];
    });
    expect(problemsOf(manifest).map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'canary.steps.2.weight: expected per cent of the traffic, a whole number from 1 to 99, found the number 100',
      'canary.steps.0.bake: expected at least one period of the metrics (60s), found 30s',
      'canary.steps.1.weight: expected more than the 20 of the step before, found the number 20',
    ]);
  });

  it('names every weight that does not rise, also beside one that is none', () => {
    const manifest = changed((it) => {
      it.canary.steps = [5, 101, 3].map((weight) => ({ weight, bake: '2m' }));
    });
    expect(problemsOf(manifest).map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'canary.steps.1.weight: expected per cent of the traffic, a whole number from 1 to 99, found the number 101',
      'canary.steps.2.weight: expected more than the 5 of a step before, found the number 3',
    ]);
  });

  it.each([
    [256, 512],
    [256, '2048'],
    ['512', 3072],
    [4096, 30_720],
    [8192, 20_480],
    [16_384, 122_880],
  ])('takes a size that Fargate has: %s with %s', (cpu, memory) => {
    expect(problemsOf(changed((it) => Object.assign(it.workload.container, { cpu, memory })))).toEqual([]);
  });

  it.each([
    [300, 1024, 'cpu', 'expected 256, 512, 1024, 2048, 4096, 8192, 16384 as Fargate knows them, found 300'],
    [256, 4096, 'memory', 'expected 512 or 1024 to 2048 in steps of 1024 MiB beside 256 CPU units, found 4096'],
    [512, 512, 'memory', 'expected 1024 to 4096 in steps of 1024 MiB beside 512 CPU units, found 512'],
    [1024, 2500, 'memory', 'expected 2048 to 8192 in steps of 1024 MiB beside 1024 CPU units, found 2500'],
    [8192, 17_408, 'memory', 'expected 16384 to 61440 in steps of 4096 MiB beside 8192 CPU units, found 17408'],
  ])('refuses a size that Fargate does not have: %s with %s', (cpu, memory, field, message) => {
    const manifest = changed((it) => Object.assign(it.workload.container, { cpu, memory }));
    expect(problemsOf(manifest)).toEqual([{ path: ['workload', 'container', field], message }]);
  });

  it('refuses what is in another account or region than the rule, all of it at once', () => {
    const manifest = changed((it) => {
      it.workload.blue.targetGroupArn = it.workload.blue.targetGroupArn.replace('eu-central-1', 'us-east-1');
      it.workload.green.targetGroupArn = it.workload.green.targetGroupArn.replace('123456789012', '210987654321');
      it.workload.cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/main';
      it.aws.region = 'eu-west-1';
    });
    expect(problemsOf(manifest).map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'workload.blue.targetGroupArn: expected it in account 123456789012, region eu-central-1, where traffic.ruleArn is; found it in account 123456789012, region us-east-1',
      'workload.green.targetGroupArn: expected it in account 123456789012, region eu-central-1, where traffic.ruleArn is; found it in account 210987654321, region eu-central-1',
      'workload.cluster: expected it in account 123456789012, region eu-central-1, where traffic.ruleArn is; found it in account 123456789012, region eu-west-1',
      'aws.region: expected eu-central-1, where traffic.ruleArn is; found "eu-west-1"',
    ]);
  });

  it('refuses the ARNs that init writes for what is not there yet', () => {
    const nobody = (arn: string) => arn.replace(/[^/]+$/, '0'.repeat(16));
    const manifest = changed((it) => {
      it.workload.green.targetGroupArn = nobody(it.workload.green.targetGroupArn);
      it.traffic.testRuleArn = nobody(it.traffic.testRuleArn);
    });
    expect(problemsOf(manifest)).toMatchObject([
      { path: ['workload', 'green', 'targetGroupArn'], message: expect.stringContaining('that is there') },
      { path: ['traffic', 'testRuleArn'], message: expect.stringContaining('that is there') },
    ]);
  });

  it.each([
    'shop-database-url',
    '/shop/database.url',
    'arn:aws:ssm:eu-central-1:123456789012:parameter/shop/url',
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/url-AbCdEf:password::',
  ])('takes a reference that ECS takes: %s', (reference) => {
    expect(problemsOf(changed((it) => (it.workload.container.secrets = { URL: reference })))).toEqual([]);
  });

  it.each([
    'shop/database-url',
    'shop/',
    '//shop',
    'env:DATABASE_URL',
    'arn:aws:secretsmanager:eu-central-1:123456789012:shop',
    'arn:aws:ssm:eu-central-1:123456789012:shop-url',
    'arn:aws:s3:::shop/url',
  ])('refuses a reference that ECS does not take: %s', (reference) => {
    const manifest = changed((it) => (it.workload.container.secrets = { URL: reference }));
    expect(problemsOf(manifest)).toMatchObject([
      { path: ['workload', 'container', 'secrets', 'URL'], message: expect.stringContaining('that ECS takes') },
    ]);
  });

  it('compares only values that could be read: a bake without a unit is no bake that is too short', () => {
    const manifest = changed((it) => {
      it.canary.steps = [
        { weight: 'ten', bake: 90 },
        { weight: 5, bake: '2m' },
      ];
    });
    expect(problemsOf(manifest).map(({ path }) => path.join('.'))).toEqual([
      'canary.steps.0.weight',
      'canary.steps.0.bake',
    ]);
    const mistyped = changed((it) => {
      it.canary.steps = [Object.assign({ weight: 5, bake: '2s' }, { bakes: 1 })];
      Object.assign(it.canary, { perod: '1s' });
    });
    expect(problemsOf(mistyped).map(({ path }) => path.join('.'))).toEqual([
      'canary.steps.0.bakes',
      'canary.perod',
      'canary.steps.0.bake',
    ]);
    const listless = changed((it) => Object.assign(it.canary, { steps: [null, 'x'], period: 60 }));
    expect(problemsOf(listless)).toHaveLength(3);
  });

  it('refuses what looks like a secret among the plain variables, but not what is only about one', () => {
    const manifest = changed((it) => {
      it.workload.container.environment = {
        SESSION_SECRET: 'x',
        API_TOKEN: 'x',
        UPSTREAM: 'https://me:pass@upstream.example/',
        TOKEN_TTL: '60',
        SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x',
        UPSTREAM_URL: 'https://upstream.example/',
      };
    });
    expect(problemsOf(manifest).map(({ path }) => path.at(-1))).toEqual(['SESSION_SECRET', 'API_TOKEN', 'UPSTREAM']);
  });

  it('refuses a variable that is a plain one and a secret at once, and one with an impossible name', () => {
    const manifest = changed((it) => {
      it.workload.container.environment = { DATABASE_URL: 'see secrets', '1ST': 'x', NUMBER: 7 };
    });
    expect(problemsOf(manifest)).toMatchObject([
      { path: ['workload', 'container', 'environment', 'NUMBER'], message: expect.stringContaining('into quotes') },
      { path: ['workload', 'container', 'environment', '1ST'], at: 'key' },
      { path: ['workload', 'container', 'secrets', 'DATABASE_URL'], at: 'key' },
    ]);
  });

  it('names every problem at once, also in sections that depend on one another', () => {
    const manifest = {
      ...validManifest(),
      image: 'shop:latest',
      warmWindow: 5,
      traffic: { ...validManifest().traffic, testRuleArn: validManifest().traffic.ruleArn, lsitener: 1 },
      database: { ...validManifest().database, applicationName: `${'s'.repeat(62)}/{version}`, lockTimeout: '2s' },
    };
    expect(
      problemsOf(manifest)
        .map(({ path }) => path.join('.'))
        .sort(),
    ).toEqual([
      'database.applicationName',
      'database.lockTimeout',
      'image',
      'traffic.lsitener',
      'traffic.testRuleArn',
      'warmWindow',
    ]);
  });

  it.each([undefined, null, 7, 'release', [], () => 7])('may be anything at all: %j', (manifest) => {
    expect(problemsOf(manifest, [])).toMatchObject([
      { path: [], message: expect.stringMatching(/^expected a mapping/) },
    ]);
  });

  it('suggests the nearest known key', () => {
    const manifest = changed((it) => Object.assign(it.workload, { desiredCout: 2 }));
    expect(problemsOf(manifest)).toEqual([
      {
        path: ['workload', 'desiredCout'],
        message: 'unknown key "desiredCout"; did you mean "desiredCount"?',
        at: 'key',
      },
    ]);
  });

  it('names any one unknown key, wherever it stands', () => {
    const places: readonly (readonly [string, (manifest: Manifest) => object])[] = [
      ['', (it) => it],
      ['workload', (it) => it.workload],
      ['workload.blue', (it) => it.workload.blue],
      ['workload.container', (it) => it.workload.container],
      ['traffic', (it) => it.traffic],
      ['smoke', (it) => it.smoke],
      ['canary', (it) => it.canary],
      ['canary.judge', (it) => it.canary.judge],
      ['canary.steps.0', (it) => it.canary.steps[0] as object],
      ['database', (it) => it.database],
    ];
    const anyKey = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'imgae', '<<'));
    fc.assert(
      fc.property(fc.constantFrom(...places), anyKey, fc.jsonValue(), ([where, at], key, value) => {
        const manifest = validManifest();
        fc.pre(!Object.hasOwn(at(manifest), key));
        Object.defineProperty(at(manifest), key, { value, enumerable: true });
        const [problem, ...rest] = problemsOf(manifest);
        expect(rest).toEqual([]);
        expect(problem?.path.join('.')).toBe(where === '' ? key : `${where}.${key}`);
        expect(problem?.message).toMatch(/^unknown key /);
      }),
      { numRuns: 500 },
    );
  });
});

it('names the value of a header that is no text, whatever it pretends to be', () => {
  const manifest = { ...validManifest(), smoke: { ...validManifest().smoke, headers: { '#': { toString: 0 } } } };
  const parsed = parseManifest({ manifest, migrations: [] }, []);
  expect(parsed).toMatchObject({ problems: [{ path: ['smoke', 'headers', '#'] }] });
});

it('refuses a mapping that cannot be made a text as any other', () => {
  const places = ['workload.cluster', 'workload.blue.targetGroupArn', 'traffic.ruleArn', 'workload.container.cpu'];
  for (const place of places) {
    expect(problemsOf(withValue(place, { toString: 0 })), place).toMatchObject([{ path: place.split('.') }]);
  }
});
