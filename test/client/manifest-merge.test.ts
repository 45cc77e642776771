import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readManifestFile } from '../../client/manifest-file.js';
import { digest, validManifest, validMigrations } from '../activities/admission/valid-manifest.js';
import { migrationFiles, withManifestFolder } from './manifest-folder.js';

const folder = withManifestFolder();
const { write, problemsIn } = folder;

const { version: _version, image: _image, kind: _kind, ...shared } = validManifest();
const defaultsYaml = stringify({ kind: 'ServiceDefaults', ...shared });
const releaseYaml = (more: object = {}) =>
  stringify({ apiVersion: 'sluice/v1', kind: 'Release', version: 'v2', image: `shop@${digest}`, ...more });

describe('service defaults and a release', () => {
  it('are one manifest, in one file or in several', async () => {
    write({ ...migrationFiles });
    const inOne = write({ 'releases/all.yaml': `${defaultsYaml}---\n${releaseYaml()}` });
    const defaults = write({ 'releases/defaults.yaml': defaultsYaml });
    const release = write({ 'releases/v2.yaml': releaseYaml() });
    const whole = write({ 'releases/whole.yaml': stringify({ ...validManifest(), image: `shop@${digest}` }) });
    const { hash, manifest } = await readManifestFile(inOne);
    expect(manifest).toEqual({ ...validManifest(), image: `shop@${digest}` });
    expect((await readManifestFile(defaults, release)).hash).toBe(hash);
    expect((await readManifestFile(whole)).hash).toBe(hash);
  });

  it('merge mapping by mapping; of lists and single values the last one counts', async () => {
    write({ ...migrationFiles });
    const environment = stringify({
      apiVersion: 'sluice/v1',
      kind: 'ServiceDefaults',
      workload: { desiredCount: 9, container: { environment: { REGION: 'eu' } } },
    });
    const release = releaseYaml({
      workload: { container: { environment: { LOG_LEVEL: 'debug' }, subnets: ['subnet-9'] } },
      canary: { steps: [{ weight: 1, bake: '5m' }] },
    });
    const file = write({ 'releases/v2.yaml': [defaultsYaml, environment, release].join('---\n') });
    const { request } = await readManifestFile(file);
    expect(request.workload.desiredCount).toBe(9);
    expect(request.workload.container).toMatchObject({
      environment: { LOG_LEVEL: 'debug', REGION: 'eu' },
      subnets: ['subnet-9'],
      securityGroups: ['sg-0a'],
    });
    expect(request.canary.steps).toEqual([{ weight: 1, bakeMs: 300_000 }]);
    expect(request.canary.judge.minRequests).toBe(200);
  });

  it('have each problem located in the file the value came from, what is missing in the release', async () => {
    const defaults = write({
      'service/defaults.yaml': [
        'apiVersion: sluice/v1',
        'kind: ServiceDefaults',
        'environment: production',
        'workload:',
        '  desiredCount: 0',
        '  cluster: main',
        '  blu: {}',
        'canary:',
        '  steps: [{ weight: 5, bake: 2m }, { weight: 3, bake: 2m }]',
        '  extraBakes: many',
        'traffic: none',
      ].join('\n'),
    });
    const release = write({
      'v2.yaml': [
        '# the release',
        'apiVersion: sluice/v1',
        'kind: Release',
        'version: v2',
        'image: shop:latest',
        'workload: { cluster: "" }',
        'canary:',
        '  steps:',
        '    - weight: 5',
      ].join('\n'),
    });
    const problems = (await problemsIn(defaults, release)).map((problem) => problem.split(' ').slice(0, 2).join(' '));
    expect(problems).toEqual([
      'service/defaults.yaml:5:17 workload.desiredCount',
      'service/defaults.yaml:7:3 workload.blu',
      'service/defaults.yaml:10:15 canary.extraBakes',
      'service/defaults.yaml:11:10 traffic',
      'v2.yaml:2:1 service',
      'v2.yaml:2:1 smoke',
      'v2.yaml:5:8 image',
      'v2.yaml:6:1 workload.blue',
      'v2.yaml:6:1 workload.green',
      'v2.yaml:6:1 workload.container',
      'v2.yaml:6:22 workload.cluster',
      'v2.yaml:9:7 canary.steps.0.bake',
    ]);
  });

  it('find the migrations relative to the file that names them', async () => {
    write({ ...migrationFiles });
    const defaults = write({ 'releases/defaults.yaml': defaultsYaml });
    const release = write({ 'elsewhere/deep/v2.yaml': releaseYaml() });
    expect((await readManifestFile(defaults, release)).migrations).toHaveLength(validMigrations.length);
    const named = write({ 'elsewhere/deep/v3.yaml': releaseYaml({ database: { migrations: '../none' } }) });
    expect(await problemsIn(defaults, named)).toEqual([
      expect.stringMatching(
        /^elsewhere\/deep\/v3\.yaml:6:15 database\.migrations expected the folder .*elsewhere\/none, but there is none$/,
      ),
    ]);
  });

  it('may have empty documents between them, and a line of dashes at the end', async () => {
    write({ ...migrationFiles });
    const file = write({ 'releases/v2.yaml': `---\n# nothing\n---\n${defaultsYaml}---\n---\n${releaseYaml()}---\n` });
    expect((await readManifestFile(file)).request.version).toBe('v2');
  });
});

describe('documents that are not one manifest', () => {
  const words = (kind: string) => `apiVersion: sluice/v1\nkind: ${kind}\n`;

  it.each<[string, string, string[]]>([
    [
      'two releases',
      [words('Release'), words('Release')].join('---\n'),
      ['2.yaml:5:7 kind expected one document of kind Release, found another one in'],
    ],
    [
      'a release before its defaults',
      [words('Release'), words('ServiceDefaults')].join('---\n'),
      ['2.yaml:2:7 kind expected the Release last, found ServiceDefaults after it'],
    ],
    [
      'defaults alone',
      words('ServiceDefaults'),
      ['2.yaml:2:7 kind expected a document of kind Release after it, found none'],
    ],
    [
      'an unknown kind that is near one',
      [words('ServiceDefault'), releaseYaml(shared)].join('---\n'),
      ['2.yaml:2:7 kind expected Release or ServiceDefaults, found "ServiceDefault"; did you mean "ServiceDefaults"?'],
    ],
    [
      'something for another program',
      [releaseYaml(shared).replace('kind: Release', 'kind: Deployment')].join('---\n'),
      ['2.yaml:2:7 kind expected Release or ServiceDefaults, found "Deployment"'],
    ],
    [
      'defaults of another format',
      [words('ServiceDefaults').replace('v1', 'v2'), releaseYaml(shared)].join('---\n'),
      ['2.yaml:1:13 apiVersion expected sluice/v1, found "sluice/v2"'],
    ],
    [
      'a document without the two words',
      ['a: 1\n', releaseYaml(shared)].join('---\n'),
      [
        '2.yaml:1:1 apiVersion expected sluice/v1, found nothing',
        '2.yaml:1:1 kind expected Release or ServiceDefaults, found nothing',
        '2.yaml:1:1 a unknown key "a"',
      ],
    ],
    [
      'a list among them',
      ['- a\n', releaseYaml(shared)].join('---\n'),
      ['2.yaml:1:1  expected a mapping with apiVersion and kind, found a list of 1'],
    ],
  ])('are refused: %s', async (_name, content, expected) => {
    write({ ...migrationFiles });
    const problems = await problemsIn(write({ 'releases/2.yaml': content }));
    expect(problems).toEqual(expected.map((text) => expect.stringContaining(`releases/${text}`)));
  });

  it('name all files in the headline, and every broken file at once', async () => {
    const broken = write({ 'a.yaml': 'kind: "open\n' });
    const twice = write({ 'b.yaml': 'kind: Release\nkind: Release\n' });
    const { message, problems } = await folder.refusalOf(broken, twice);
    expect(problems.map(({ file }) => path.basename(file))).toEqual(['a.yaml', 'b.yaml']);
    expect(message).toMatch(/a\.yaml, .*b\.yaml have 2 problems; nothing was started$/);
  });
});
