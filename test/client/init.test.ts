import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseManifest } from '../../activities/admission/request-schema.js';
import { exampleService } from '../../client/example-service.js';
import { draftManifest } from '../../client/manifest-draft.js';
import { openPoints } from '../../client/open-points.js';
import type { ContainerFacts, RuleFacts } from '../../domain/doctor/facts.js';
import { type LiveService, colourNames } from '../../domain/live-service.js';
import { packageRoot } from '../../embedded/package-root.js';
import type { validManifest } from '../activities/admission/valid-manifest.js';
import { sluice } from './command-line.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-init-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(draft: string) {
  const parsed = parseManifest({ manifest: parse(draft), migrations: [] }, []);
  if ('problems' in parsed) throw new Error(`${draft}\n${JSON.stringify(parsed.problems)}`);
  return parsed.request;
}

const [container] = exampleService.service.revision.containers as readonly [ContainerFacts];
const withContainer = (change: Partial<ContainerFacts>, ...others: ContainerFacts[]): LiveService => ({
  ...exampleService,
  service: {
    ...exampleService.service,
    revision: { ...exampleService.service.revision, containers: [{ ...container, ...change }, ...others] },
  },
});

describe('a draft', () => {
  it('carries over what runs', () => {
    expect(read(draftManifest(exampleService, 'An example.'))).toMatchObject({
      image: container.image,
      workload: {
        cluster: 'shop',
        colours: { blue: { service: 'shop-blue' }, green: { service: 'shop-green' } },
        container: { port: 8080, environment: { LOG_LEVEL: 'info' }, secrets: { DATABASE_URL: '/shop/database-url' } },
      },
      smoke: { headers: { 'x-sluice-test': 'idle' } },
    });
    expect(openPoints(draftManifest(exampleService, 'An example.'))).toEqual(['where this runs']);
  });

  it('names the image by the digest that runs, and marks one that is unknown', () => {
    const digest = `sha256:${'ab'.repeat(32)}`;
    const named = (change: Partial<ContainerFacts>) => read(draftManifest(withContainer(change), 'x')).image;
    expect(named({ image: 'registry.example:5000/shop:2', digest })).toBe(`registry.example:5000/shop@${digest}`);
    expect(named({ image: `shop:2@${digest}` })).toBe(`shop@${digest}`);
    const unknown = draftManifest(withContainer({ image: 'shop:2' }), 'x');
    expect(read(unknown).image).toMatch(/@sha256:0{64}$/);
    expect(openPoints(unknown)).toContain('no task runs, so its digest is unknown');
  });

  it('makes a reference of what looks like a secret, and leaves other containers as they are', () => {
    const live = withContainer({ hidden: ['API_TOKEN'] }, { ...container, name: 'proxy' });
    const draft = draftManifest(live, 'x');
    expect(read(draft).workload.container.secrets).toMatchObject({ API_TOKEN: '/shop/API_TOKEN' });
    expect(openPoints(draft)).toEqual([
      'where this runs',
      'a plain value now that looks like a secret; store it as a parameter of this name',
    ]);
  });

  it('leaves out a value the schema would take for a placeholder', () => {
    const draft = draftManifest(withContainer({ environment: { PATTERN: '${name}' } }), 'x');
    expect(read(draft).workload.container.environment).toEqual({ PATTERN: '' });
    expect(openPoints(draft)).toHaveLength(2);
  });

  it('asks under the host that the rule matches, and marks what it cannot know', () => {
    const { rule, testRules } = exampleService;
    const draftOf = (hosts: readonly string[], address = exampleService.address) =>
      draftManifest({ ...exampleService, rule: { ...rule, hosts }, address }, 'x');
    const urlOf = (draft: string) => read(draft).smoke.url;
    expect(urlOf(draftOf(['*.shop.example', 'www.shop.example']))).toBe('https://www.shop.example');
    expect(urlOf(draftOf(['www.shop.example'], 'http://lb.example:8080'))).toBe('http://www.shop.example:8080');
    expect(openPoints(draftOf(['www.shop.example']))).toEqual(['where this runs']);

    expect(urlOf(draftOf([]))).toBe(exampleService.address);
    const unknown = 'its certificate does not name the load balancer; put the host that shoppers use';
    expect(openPoints(draftOf([]))).toEqual(['where this runs', unknown]);
    expect(openPoints(draftOf(['*.shop.example']))[1]).toMatch(/matches \*\.shop\.example only/);
    expect(openPoints(draftOf([], 'http://lb.example'))).toEqual(['where this runs']);

    const [testRule] = testRules as readonly [RuleFacts];
    const elsewhere = { ...exampleService, testRules: [{ ...testRule, paths: ['/api/*'] }] };
    expect(openPoints(draftManifest(elsewhere, 'x'))[1]).toMatch(/matches \/api\/\* only/);
  });

  it('says where it was looked and as whom, in the section a release reads', () => {
    const aws = { region: 'eu-central-1', roleArn: 'arn:aws:iam::123456789012:role/shop', externalId: 'sluice/a' };
    expect(read(draftManifest(exampleService, 'x', aws)).aws).toEqual(aws);
    expect(read(draftManifest(exampleService, 'x', { region: 'eu-central-1' })).aws).toEqual({
      region: 'eu-central-1',
    });
    expect(draftManifest(exampleService, 'x')).not.toMatch(/^aws:/m);
  });

  it('proposes the other colour and the test rule where there are none, and marks them', () => {
    const { rule } = exampleService;
    const own = Object.keys(rule.weights)[0] as string;
    const draft = draftManifest(
      { ...exampleService, rule: { ...rule, weights: { [own]: 1 } }, testRules: [], otherExists: false },
      'x',
    );
    const { workload, traffic } = parse(draft) as ReturnType<typeof validManifest>;
    expect(workload.green).toEqual({
      service: 'shop-green',
      targetGroupArn: expect.stringMatching(/targetgroup\/shop-green\/0{16}$/),
    });
    expect(traffic.testRuleArn).toMatch(/\/0{16}$/);
    expect(draft).toMatch(/service: shop-green # not there yet/);
    expect(openPoints(draft)).toHaveLength(3);
    const parsed = parseManifest({ manifest: parse(draft), migrations: [] }, []);
    expect('problems' in parsed && parsed.problems.map(({ path }) => path.join('.'))).toEqual([
      'workload.green.targetGroupArn',
      'traffic.testRuleArn',
    ]);
  });
});

it.each([
  ['shop-blue', { blue: 'shop-blue', green: 'shop-green', live: 'blue', plain: 'shop' }],
  ['shop-green', { blue: 'shop-blue', green: 'shop-green', live: 'green', plain: 'shop' }],
  ['blue_shop', { blue: 'blue_shop', green: 'green_shop', live: 'blue', plain: 'shop' }],
  ['bluebird', { blue: 'bluebird', green: 'bluebird-green', live: 'blue', plain: 'bluebird' }],
] as const)('tells the colours of %s', (service, names) => {
  expect(colourNames(service)).toEqual(names);
});

describe('sluice init', () => {
  it('writes the example, and no file a second time unless told to', async () => {
    const file = path.join(folder, 'sluice.yaml');
    const written = await sluice(['init'], { cwd: folder });
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    expect(read(readFileSync(file, 'utf8')).lane.service).toBe('shop');
    expect(written.stdout).toContain('next:\n  sluice validate -f sluice.yaml');
    const validated = await sluice(['validate', '-f', 'sluice.yaml'], { cwd: folder });
    expect(validated.exitCode).toBe(0);
    expect(validated.stdout).toMatch(/\nstill marked with CHANGE:\n {2}sluice\.yaml:\d+: where this runs\n$/);
    const { open } = JSON.parse((await sluice(['validate', 'sluice.yaml', '--json'], { cwd: folder })).stdout) as {
      open: { line: number }[];
    };
    expect(open).toEqual([{ file: 'sluice.yaml', line: expect.any(Number) as number, open: 'where this runs' }]);
    const draft = readFileSync(path.join(folder, 'sluice.yaml'), 'utf8').split('\n');
    expect(draft[(open[0]?.line ?? 0) - 1]).toContain('# CHANGE: where this runs');

    writeFileSync(file, 'mine');
    const refused = await sluice(['init', '--json'], { cwd: folder });
    expect(refused.exitCode).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await sluice(['init', '--force'], { cwd: folder })).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toBe('mine');
  });

  it('tells editors where the schema is when that is right for everybody who has the project', async () => {
    const inside = mkdtempSync(path.join(packageRoot, 'dist', 'init-'));
    try {
      await sluice(['init'], { cwd: inside });
      const [, schema = ''] =
        /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(path.join(inside, 'sluice.yaml'), 'utf8')) ?? [];
      expect(path.resolve(inside, schema)).toBe(path.join(packageRoot, 'schema', 'manifest.json'));
    } finally {
      rmSync(inside, { recursive: true, force: true });
    }
    await sluice(['init', 'elsewhere.yaml'], { cwd: folder });
    expect(readFileSync(path.join(folder, 'elsewhere.yaml'), 'utf8')).not.toContain('$schema');
  });

  it.each([
    [['--region', 'eu-west-1'], 'found no --cluster and no --service and no --rule'],
    [
      ['--cluster', 'c', '--service', 's', '--rule', 'r', '--region', 'Frankfurt'],
      '--region: expected a region such as',
    ],
    [['--cluster', 'c', '--service', 's', '--rule', 'r', '--external-id', 'x1'], '--external-id: expected roleArn'],
  ])('refuses %j before anybody is asked', async (options, words) => {
    const { exitCode, stderr } = await sluice(['init', 'x.yaml', ...options], { cwd: folder });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });

  it('wants all names of the live service or none', async () => {
    const { exitCode, stderr } = await sluice(['init', 'x.yaml', '--service', 'shop-blue'], { cwd: folder });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('found no --cluster and no --rule');
  });
});
