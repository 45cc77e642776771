import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exits } from '../../client/exit-codes.js';
import { packageRoot } from '../../embedded/package-root.js';
import { manifestHash } from '../../activities/admission/request-schema.js';
import { digest, validManifest, validMigrations } from '../activities/admission/valid-manifest.js';
import { sluice, startSluice } from './command-line.js';
import { migrationFiles, withManifestFolder } from './manifest-folder.js';

const folder = withManifestFolder();

/** Stands where Temporal would, and counts who calls. */
const temporal = { calls: 0, address: '', close: () => {} };

beforeAll(async () => {
  const server = createServer(() => (temporal.calls += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  temporal.address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  temporal.close = () => void server.close();
});

afterAll(() => temporal.close());

const validate = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  sluice(['validate', ...args], { cwd: folder.path, env: { TEMPORAL_ADDRESS: temporal.address, ...env } });

describe('sluice validate', () => {
  it('says what it understood, and asks no server', async () => {
    folder.write({ 'releases/v2.yaml': stringify(validManifest()), ...migrationFiles });
    const hash = manifestHash({ manifest: validManifest(), migrations: validMigrations });
    const { exitCode, stdout, stderr } = await validate(['releases/v2.yaml']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'releases/v2.yaml can be released as shop-v2 in production; nothing was started',
      '  service      shop',
      '  environment  production',
      '  version      v2',
      `  image        registry.example:5000/shop@${digest}`,
      '  tasks        3',
      '  canary       5 % for 2 min, 25 % for 1 h 30 min',
      '  expand       U2__names.sql, V2__names.sql',
      '  backfill     V2__names.sql',
      '  contract     V2__names.sql',
      `  hash         ${hash}`,
      '',
    ]);
    expect(temporal.calls).toBe(0);
  });

  it('gives the same as one document with --json, of several files in their order', async () => {
    const examples = path.join(packageRoot, 'examples', 'manifests');
    const [defaults, release] = ['shop-defaults.yaml', 'shop-release.yaml'].map((name) => path.join(examples, name));
    const args = ['-f', defaults as string, '-f', release as string];
    const answer = await validate([...args, '--json'], { SHOP_DIGEST: digest });
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(answer.stdout)).toEqual({
      environment: 'production',
      service: 'shop',
      version: '2.0',
      manifestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      files: [defaults, release],
      image: `registry.example/shop@${digest}`,
      desiredCount: 6,
      canary: [
        { weight: 1, bakeMs: 600_000 },
        { weight: 25, bakeMs: 1_800_000 },
      ],
      migrations: {
        expand: ['U2.1__customer_names.sql', 'V2.1__customer_names.sql'],
        backfill: ['V2.2__customer_names.sql'],
        contract: ['V2.3__drop_full_name.sql'],
      },
      operations: [],
      open: [],
    });
    const unset = await validate(args, { SHOP_DIGEST: undefined });
    expect(unset).toMatchObject({ exitCode: exits.refused.code, stdout: '' });
    expect(unset.stderr).toContain('shop-release.yaml:7:8: image: expected the environment variable "SHOP_DIGEST"');
  });

  it('exits with 3 and every problem when the manifest is refused', async () => {
    folder.write({ 'v2.yaml': 'apiVersion: sluice/v1\nkind: Relase\nwrokload: {}\n' });
    const answer = await validate(['-f', 'v2.yaml', '--json']);
    expect(answer.exitCode).toBe(exits.refused.code);
    const { error } = JSON.parse(answer.stdout) as { error: { code: string; problems: { message: string }[] } };
    expect(error.code).toBe('manifest-invalid');
    expect(error.problems.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'unknown key "wrokload"; did you mean "workload"?',
        'expected Release or ServiceDefaults, found "Relase"; did you mean "Release"?',
      ]),
    );
  });

  it('exits with 2 when there is no manifest to read', async () => {
    const nameless = await validate([]);
    expect(nameless).toMatchObject({ exitCode: exits.usage.code, stdout: '' });
    expect(nameless.stderr).toContain('expected a manifest, found none on the command line');
    expect(await validate(['-f', 'nowhere.yaml'])).toMatchObject({ exitCode: exits.usage.code });
  });
});

describe('a hostile manifest', () => {
  const megabyte = 1024 * 1024;
  const nested = (open: string, close: string, count: number) => `a: ${open.repeat(count)}${close.repeat(count)}`;
  const repeated = Array.from({ length: 9 }, (_, i) => {
    const inner = i === 0 ? 'x' : `*${'abcdefghi'[i - 1]}`;
    return `${'abcdefghi'[i]}: &${'abcdefghi'[i]} [${Array(9).fill(inner).join(', ')}]`;
  });

  // Whoever builds what such a file describes is ended by Node, with another exit code; what lies outside of the heap
  // is in the peak that the process tells at its end.
  const tellsPeak = `process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS + ' kB'))`;
  const NODE_OPTIONS = `--max-old-space-size=64 --import data:text/javascript,${encodeURIComponent(tellsPeak)}`;
  /** What the program itself takes is about 110 MB. */
  const peakLimitMegabytes = 220;

  async function refusedInBounds(...args: string[]): Promise<string> {
    const env = { NODE_OPTIONS, TEMPORAL_ADDRESS: temporal.address };
    const command = startSluice(args, { cwd: folder.path, env });
    const { exitCode, stdout, stderr } = await command.ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: exits.refused.code, stdout: '' });
    const peak = Number(/^peak (\d+) kB$/m.exec(stderr)?.[1]) / 1024;
    expect(peak).toBeLessThan(peakLimitMegabytes);
    return stderr;
  }

  it.each<[string, string | Uint8Array]>([
    ['an alias bomb', repeated.join('\n')],
    ['100 MB', Buffer.alloc(100 * megabyte, 'a: b\n')],
    ['10 MB of zeros', Buffer.alloc(10 * megabyte)],
    ['a megabyte of brackets', nested('[', ']', megabyte / 2 - 10)],
    ['a megabyte of list dashes', '- '.repeat(megabyte / 2)],
    ['as many unknown keys as may be', Array.from({ length: 4_900 }, (_, i) => `key${i}: 1`).join('\n')],
    ['as many documents as may be', Array.from({ length: 20 }, (_, i) => `kind: Release${i}\n`).join('---\n')],
    ['a megabyte in one value', `image: a${':a'.repeat(megabyte / 2 - 10)}`],
    ['a hundred aliases of a large list', `a: &a [${'x, '.repeat(9_000)}]\nb: [${Array(99).fill('*a').join(', ')}]`],
  ])('is refused in bounded memory when it is released, and nobody is asked: %s', async (_name, content) => {
    folder.write({ 'hostile.yaml': content });
    expect(await refusedInBounds('release', 'hostile.yaml', '--wait')).toMatch(
      /manifest-invalid: hostile\.yaml has (a problem|\d+ problems); nothing was started/,
    );
    expect(temporal.calls).toBe(0);
  });

  it('is refused in the same bounds when its folder holds 200 MB of SQL', async () => {
    const sql = '-'.repeat(megabyte / 2);
    const files = Array.from({ length: 400 }, (_, i) => [`migrations/v2/backfill/V${i + 3}__x.sql`, sql]);
    folder.write({ 'releases/v2.yaml': stringify(validManifest()), ...Object.fromEntries(files) });
    expect(await refusedInBounds('validate', 'releases/v2.yaml')).toContain(
      'expected at most 524288 bytes of migration files in all, found 1048576 with this one',
    );
  });
});
