import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestJsonSchema, manifestPartJsonSchema } from '../../../activities/admission/manifest-json-schema.js';
import { parseManifest } from '../../../activities/admission/request-schema.js';
import { readManifestFile } from '../../../client/manifest-file.js';
import { packageRoot } from '../../../embedded/package-root.js';
import { shopManifest } from '../../../embedded/shop/manifest.js';
import { digest, validManifest, validMigrations } from './valid-manifest.js';

const published = (name: string): object =>
  JSON.parse(readFileSync(path.join(packageRoot, 'schema', name), 'utf8')) as object;
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
const takesManifest = ajv.compile(published('manifest.json'));
const takesPart = ajv.compile(published('manifest-part.json'));

const isTakenBySluice = (manifest: unknown) =>
  'request' in parseManifest({ manifest, migrations: validMigrations }, []);

/** A valid manifest with something else at a dotted path; `undefined` takes the key away. */
function withValue(at: string, value: unknown): unknown {
  const manifest: unknown = structuredClone(validManifest());
  const keys = at.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>(
    (inner, key) => inner[key] as Record<string, unknown>,
    manifest as Record<string, unknown>,
  );
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return manifest;
}

describe('the JSON schema of a manifest', () => {
  it('is published as the code has it', () => {
    expect(published('manifest.json')).toEqual(manifestJsonSchema());
    expect(published('manifest-part.json')).toEqual(manifestPartJsonSchema());
  });

  it('takes what sluice takes, and the manifests that `sluice up` writes', () => {
    expect(takesManifest(validManifest()), JSON.stringify(takesManifest.errors)).toBe(true);
    const infrastructure = {
      cluster: 'shop',
      url: 'http://127.0.0.1:4000',
      ruleArn: validManifest().traffic.ruleArn,
      testRuleArn: validManifest().traffic.testRuleArn,
      testHeader: { name: 'x-sluice-test', value: 'idle' },
      blueTargetGroupArn: validManifest().workload.blue.targetGroupArn,
      greenTargetGroupArn: validManifest().workload.green.targetGroupArn,
    };
    const text = shopManifest({ infrastructure, desiredCount: 2 } as Parameters<typeof shopManifest>[0], {
      version: '2',
      runs: '2',
      migrates: true,
      manifestFolder: path.join(packageRoot, '.sluice', 'manifests'),
    });
    expect(takesManifest(parse(text)), JSON.stringify(takesManifest.errors)).toBe(true);
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/manifest\.json\n/);
  });

  it('takes the examples: each part by itself, and all of them as one', async () => {
    const folder = path.join(packageRoot, 'examples', 'manifests');
    const files = ['shop-defaults.yaml', 'shop-release.yaml'].map((name) => path.join(folder, name));
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(takesPart(parse(text)), JSON.stringify(takesPart.errors)).toBe(true);
      expect(text).toContain('# yaml-language-server: $schema=../../schema/manifest-part.json\n');
    }
    process.env.SHOP_DIGEST = digest;
    const { manifest } = await readManifestFile(...(files as [string, string]));
    delete process.env.SHOP_DIGEST;
    expect(takesManifest(manifest), JSON.stringify(takesManifest.errors)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['apiVersion', 'sluice/v2'],
    ['kind', 'Deployment'],
    ['environment', 'a/b'],
    ['version', 2.1],
    ['version', undefined],
    ['image', 'shop:v2'],
    ['image', `shop:v2@${digest}`],
    ['image', `registry:port/shop@${digest}`],
    ['workload', []],
    ['workload.desiredCount', 0],
    ['workload.desiredCount', 2.5],
    ['workload.desiredCount', '3'],
    ['workload.desiredCout', 3],
    ['workload.blue.targetGroupArn', 'blue'],
    ['workload.container.port', 65_536],
    ['workload.container.cpu', '1 vCPU'],
    ['workload.container.subnets', []],
    ['workload.container.environment', { '1ST': 'x' }],
    ['workload.container.environment', { NUMBER: 7 }],
    ['workload.rolloutTimeout', 600],
    ['workload.rolloutTimeout', '600'],
    ['smoke.headers', {}],
    ['smoke.paths', ['health']],
    ['canary', undefined],
    ['canary.steps', []],
    ['canary.steps', [{ weight: 0, bake: '1m' }]],
    ['canary.steps', [{ weight: 100, bake: '1m' }]],
    ['canary.steps', [{ weight: 5 }]],
    ['canary.judge', null],
    ['canary.judge.p99Factor', 0.5],
    ['database.url', 'postgres://me:secret@db/shop'],
    ['database.migrations', '/etc'],
    ['database.contractApproval', 'never'],
    ['database', null],
  ])('refuses, as sluice does, %s: %j', (at, value) => {
    expect(takesManifest(withValue(at, value))).toBe(false);
    expect(isTakenBySluice(withValue(at, value))).toBe(false);
  });

  it('refuses nothing that sluice takes', () => {
    const paths = ['version', 'image', 'workload.desiredCount', 'workload.container.cpu', 'workload.cluster']
      .concat(['smoke.url', 'smoke.headers', 'canary.extraBakes', 'canary.period', 'database.applicationName'])
      .concat(['workload.container.environment', 'workload.container.secrets', 'smoke.paths', 'warmWindow']);
    const values = fc.oneof(
      fc.constantFrom<unknown>('2m', '1.5h', '0s', `a.b:1/c@${digest}`, 'x/{version}', 5, 0, '7', ['/'], { A: 'b' }),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (at, value) => {
        const manifest = withValue(at, value);
        fc.pre(isTakenBySluice(manifest));
        expect(takesManifest(manifest), JSON.stringify(takesManifest.errors)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('lets the environment fill in version and image', () => {
    expect(takesManifest(withValue('image', 'registry.example/shop@${SHOP_DIGEST}'))).toBe(true);
    expect(takesManifest(withValue('version', '${SHOP_VERSION}'))).toBe(true);
    expect(takesManifest(withValue('service', '${SHOP}'))).toBe(false);
    expect(takesManifest(withValue('image', 'shop@${1}'))).toBe(false);
  });

  it('of one document of several asks for nothing but the two words, and checks all that is there', () => {
    const words = { apiVersion: 'sluice/v1', kind: 'ServiceDefaults' };
    expect(takesPart({ ...words, workload: { desiredCount: 2 } })).toBe(true);
    expect(takesPart({ apiVersion: 'sluice/v1', kind: 'Release', version: '2' })).toBe(true);
    expect(takesPart({ kind: 'ServiceDefaults' })).toBe(false);
    expect(takesPart({ ...words, kind: 'Defaults' })).toBe(false);
    expect(takesPart({ ...words, workload: { desiredCount: 0 } })).toBe(false);
    expect(takesPart({ ...words, workload: { desiredCout: 2 } })).toBe(false);
    expect(takesPart({ ...words, canary: { steps: [{ weight: 5 }] } })).toBe(false);
  });

  it('is in the package, under a path that others may name', () => {
    const { exports } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
      exports: Record<string, string>;
    };
    expect(exports['./schema/*']).toBe('./schema/*');
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'], {
      cwd: packageRoot,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(packed) as [{ files: readonly { path: string }[] }];
    const paths = files.map((file) => file.path);
    expect(paths).toEqual(
      expect.arrayContaining(['schema/manifest.json', 'schema/manifest-part.json', 'dist/client/main.js']),
    );
    expect(paths.filter((file) => file.startsWith('test/'))).toEqual([]);
  });
});
