import { afterEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { readManifestFile } from '../../client/manifest-file.js';
import { readTarget } from '../../client/target.js';
import { digest, validManifest } from '../activities/admission/valid-manifest.js';
import { migrationFiles, withManifestFolder } from './manifest-folder.js';

const { write, problemsIn } = withManifestFolder();

afterEach(() => vi.unstubAllEnvs());

type Manifest = ReturnType<typeof validManifest>;

const manifestWith = (change: (manifest: Manifest) => void): string => {
  const manifest = validManifest();
  change(manifest);
  return write({ 'releases/v2.yaml': stringify(manifest), ...migrationFiles });
};

/** What is said without its place. */
async function saidOf(change: (manifest: Manifest) => void): Promise<string[]> {
  return (await problemsIn(manifestWith(change))).map((problem) => problem.slice(problem.indexOf(' ') + 1));
}

describe('the environment', () => {
  it('fills in version and image: what is submitted and hashed is the same manifest written out', async () => {
    vi.stubEnv('SHOP_DIGEST', digest.replace('sha256:', ''));
    vi.stubEnv('SHOP_MAJOR', '1');
    vi.stubEnv('SHOP_MINOR', '10');
    const { manifest, hash, request } = await readManifestFile(
      manifestWith((it) => {
        it.image = 'shop@sha256:${SHOP_DIGEST}';
        it.version = '${SHOP_MAJOR}.${SHOP_MINOR}';
      }),
    );
    expect(request).toMatchObject({ version: '1.10', image: `shop@${digest}` });
    expect(manifest).toMatchObject({ version: '1.10', image: `shop@${digest}` });
    const written = await readManifestFile(
      manifestWith((it) => Object.assign(it, { version: '1.10', image: `shop@${digest}` })),
    );
    expect(hash).toBe(written.hash);
  });

  it('fills in a text, never YAML', async () => {
    vi.stubEnv('SHOP_VERSION', 'v3\nwarmWindow: 0s');
    expect(await saidOf((it) => (it.version = '${SHOP_VERSION}'))).toEqual([
      String.raw`version expected a version: 1 to 64 of A-Z a-z 0-9 . _ - as a quoted string, found "v3\nwarmWindow: 0s"`,
    ]);
    vi.stubEnv('SHOP_VERSION', '${HOME}');
    expect(await saidOf((it) => (it.version = '${SHOP_VERSION}'))).toEqual([
      expect.stringContaining('found "${HOME}"'),
    ]);
  });

  it('names the release for the other commands, too', async () => {
    vi.stubEnv('SHOP_VERSION', '7');
    const file = manifestWith((it) => Object.assign(it, { version: '${SHOP_VERSION}', image: 'shop@${NOBODY}' }));
    expect(await readTarget(undefined, { file: [file] })).toMatchObject({ lane: { service: 'shop' }, version: '7' });
    vi.stubEnv('SHOP_VERSION', undefined);
    await expect(readTarget(undefined, { file: [file] })).rejects.toMatchObject({
      exit: 'refused',
      problems: [{ line: 5, column: 10, path: 'version', message: expect.stringContaining('"SHOP_VERSION"') }],
    });
  });

  it('is refused where the schema does not take it, with the place', async () => {
    vi.stubEnv('DEPTH', '1');
    const file = manifestWith((it) => {
      it.service = '${DEPTH}';
      it.workload.cluster = 'arn:aws:ecs:${DEPTH}';
      it.workload.container.environment = { GREETING: 'hello ${DEPTH}' };
      it.smoke.headers = { 'x-test': '${DEPTH}' };
      it.smoke.paths = ['/${DEPTH}'];
      it.canary.steps = [{ weight: '${DEPTH}', bake: '2m' }];
      it.database.migrations = '../migrations/v2';
    });
    const problems = await problemsIn(file);
    expect(problems.map((problem) => problem.split(' ')[1])).toEqual([
      'service',
      'workload.cluster',
      'workload.container.environment.GREETING',
      'smoke.headers.x-test',
      'smoke.paths.0',
      'canary.steps.0.weight',
    ]);
    for (const problem of problems) {
      expect(problem).toMatch(
        /expected a value written out, found .*: the environment fills in version and image, nothing/,
      );
    }
  });

  it.each([
    ['${NOBODY}', 'version expected the environment variable "NOBODY" to fill this in, but it is not set'],
    ['${EMPTY}', 'version expected the environment variable "EMPTY" to fill this in, but it is empty'],
    ['${NOBODY:-7}', 'version expected ${NAME} with the name of an environment variable, found "${NOBODY:-7}"'],
    ['${}', 'version expected ${NAME} with the name of an environment variable, found "${}"'],
    ['v${', 'version expected ${NAME} with the name of an environment variable, found "${"'],
    ['${toString}', 'version expected the environment variable "toString" to fill this in, but it is not set'],
    ['${DATABASE_PASSWORD}', 'version "DATABASE_PASSWORD" looks like a secret'],
  ])('is refused as %s', async (version, message) => {
    vi.stubEnv('NOBODY', undefined);
    vi.stubEnv('EMPTY', '');
    vi.stubEnv('DATABASE_PASSWORD', 'hunter2');
    const said = await saidOf((it) => (it.version = version));
    expect(said).toEqual([expect.stringContaining(message)]);
    expect(said.join()).not.toContain('hunter2');
  });

  it('is asked only for what is left after the merge', async () => {
    const { kind: _kind, version: _version, ...shared } = validManifest();
    const defaults = stringify({ kind: 'ServiceDefaults', ...shared, image: 'shop@${NOBODY}' });
    const release = stringify({ apiVersion: 'sluice/v1', kind: 'Release', version: 'v2', image: `shop@${digest}` });
    const file = write({ 'releases/v2.yaml': `${defaults}---\n${release}`, ...migrationFiles });
    expect((await readManifestFile(file)).request.image).toBe(`shop@${digest}`);
  });
});
