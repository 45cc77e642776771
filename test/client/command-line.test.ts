import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exits } from '../../client/exit-codes.js';
import { packageRoot } from '../../embedded/package-root.js';
import { validManifest, validMigrations } from '../activities/admission/valid-manifest.js';
import { type CommandAnswer, sluice, startSluice } from './command-line.js';

let folder: string;
let manifest: string;
/** A port nobody listens on. */
let closed: string;
/** A server that takes connections and never says a word. */
let silent: { readonly address: string; close(): void };

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-cli-'));
  manifest = path.join(folder, 'v2.yaml');
  writeFileSync(
    manifest,
    stringify({ ...validManifest(), database: { ...validManifest().database, migrations: 'v2' } }),
  );
  for (const { phase, name, sql } of validMigrations) {
    mkdirSync(path.join(folder, 'v2', phase), { recursive: true });
    writeFileSync(path.join(folder, 'v2', phase, name), sql);
  }
  const listen = async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return { address: `127.0.0.1:${port}`, close: () => void server.close() };
  };
  const gone = await listen();
  closed = gone.address;
  gone.close();
  silent = await listen();
});

afterAll(() => {
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

function errorOf({ stdout }: CommandAnswer): { code: string; message: string; remedy: string; problems?: unknown[] } {
  return (JSON.parse(stdout) as { error: ReturnType<typeof errorOf> }).error;
}

describe('the command line', () => {
  it.each([
    [[], 'Usage: sluice'],
    [['help', 'nosuch'], "unknown command 'nosuch'"],
    [['relaese'], "unknown command 'relaese'"],
    [['release'], 'expected a manifest, found none on the command line'],
    [['validate'], 'expected a manifest, found none on the command line'],
    [['status', 'a/b/c', '--wat'], "unknown option '--wat'"],
    [['abort', 'production/shop/v2'], "required option '--reason <text>' not specified"],
    [['abort', 'production/shop/v2', '--reason', ''], 'expected a reason, found nothing'],
    [['pause', 'production/shop/v2', '--reason', ' '], 'expected a reason, found nothing'],
    [['skip', 'production/shop/v2'], "required option '--reason <text>' not specified"],
    [['pause', 'production/shop'], 'expected <environment>/<service>/<version>'],
    [['status', 'shop'], 'expected <environment>/<service>'],
    [['status', '../x/y'], 'expected <environment>/<service>'],
    [['watch'], 'expected either <environment>/<service>/<version> or -f <manifest>'],
    [['watch', 'production/shop/v2', '-f', 'x.yaml'], 'expected either'],
    [['history', 'production/shop/v2'], 'expected <environment>/<service>, found'],
    [['history', 'production/shop/v2'], 'Leave the version out: production/shop.'],
    [['history', 'shop'], 'Name the service, for example production/shop.'],
    [['history'], 'expected either <environment>/<service> or -f <manifest>'],
    [['history', 'production/shop', '--limit', 'all'], 'expected a whole number from 1 to 1000'],
    [['logs', 'production/shop'], 'expected <environment>/<service>/<version>'],
    [['plan'], 'expected a manifest, found none on the command line'],
    [['plan', '-f', 'nowhere.yaml'], 'expected the manifest nowhere.yaml, but there is none'],
    [['release', 'nowhere.yaml'], 'expected the manifest nowhere.yaml, but there is none'],
  ])('exits with 2 when it is wrong: %j', async (args, message) => {
    const answer = await sluice(args, { cwd: folder });
    expect(answer.stderr).toContain(message);
    expect(answer).toMatchObject({ exitCode: exits.usage.code, stdout: '' });
  });

  it('explains every command and exits with 0', async () => {
    const help = await sluice(['--help']);
    expect(help.exitCode).toBe(0);
    for (const { code, meaning } of Object.values(exits))
      expect(help.stdout).toMatch(new RegExp(`${code} +${meaning}`));
    for (const command of [
      'up',
      'down',
      'plan',
      'release',
      'validate',
      'status',
      'history',
      'logs',
      'watch',
      'pause',
      'resume',
      'approve',
      'abort',
      'retry',
      'skip',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('puts a wrong command line into the one document of --json as well', async () => {
    const answer = await sluice(['abort', 'production/shop/v2', '--json']);
    expect(answer.exitCode).toBe(2);
    expect(JSON.parse(answer.stdout)).toMatchObject({ error: { code: 'usage' }, exitCode: 2 });
  });
});

describe('what is asked of the command line itself', () => {
  it.each([
    ['for its version nothing but commander and colours', ['--version'], /^(commander|picocolors)$/],
    [
      'for a release by its name nothing that reads a manifest or AWS',
      ['status', 'a/b/c/d'],
      /^(?!zod|yaml|@aws-sdk|@smithy|pg$|libpg-query)/,
    ],
  ])('loads %s', async (_what, args, allowed) => {
    const loaded = (await loadedBy(args)).flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    expect(loaded).not.toEqual([]);
    expect([...new Set(loaded)].filter((name) => !allowed.test(name))).toEqual([]);
  });

  it('loads for a manifest without operations nothing that reads some', async () => {
    const loaded = await loadedBy(['validate', manifest]);
    expect(loaded.filter((url) => url.endsWith('/admission/request-schema.js'))).toHaveLength(1);
    expect(loaded.filter((url) => url.includes('/database/operations/'))).toEqual([]);
  });

  /** The URLs of all its modules. */
  async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
    const coverage = mkdtempSync(path.join(folder, 'loaded-'));
    await startSluice(args, { env: { NODE_V8_COVERAGE: coverage } }).ended;
    const [report = ''] = readdirSync(coverage);
    const { result } = JSON.parse(readFileSync(path.join(coverage, report), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  }

  it('is its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
    expect(await sluice(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('is a command, also with --json alone', async () => {
    const answer = await sluice(['--json']);
    expect(answer.exitCode).toBe(exits.usage.code);
    expect(errorOf(answer).message).toBe('expected a command, found none');
  });

  it.each([['help', 'release'], ['release', '--help'], ['--version']])(
    'ends quietly when nobody reads it: %s %s',
    async (...args) => {
      const command = startSluice(args);
      command.process.stdout?.destroy();
      expect(await command.ended).toMatchObject({ exitCode: 141, stderr: '' });
    },
  );
});

describe.concurrent('several documents', () => {
  const of = (file: string) => path.join(packageRoot, 'examples', 'manifests', file);
  const documents = ['-f', of('shop-defaults.yaml'), '-f', of('shop-release.yaml')];
  const env = () => ({ TEMPORAL_ADDRESS: closed, SHOP_DIGEST: '0'.repeat(64) });

  it.each([['status'], ['watch'], ['history'], ['logs'], ['pause'], ['rollback', '--reason', 'x']])(
    'name a release to every command: %s',
    async (...command) => {
      // It has found the names: what it lacks is Temporal.
      const answer = await sluice([...command, ...documents], { env: env() });
      expect(answer.stderr).toContain(`expected Temporal at ${closed}`);
    },
  );

  it('are all read: none is left out behind a later one', async () => {
    const answer = await sluice(['abort', '--reason', 'x', '-f', 'nope.yaml', ...documents], { env: env() });
    expect(answer).toMatchObject({ exitCode: exits.usage.code, stderr: expect.stringContaining('nope.yaml') });
  });

  it('may stand as arguments of the doctor', async () => {
    const answer = await sluice(['doctor', 'nope.yaml'], { env: env() });
    expect(answer).toMatchObject({ exitCode: exits.usage.code, stderr: expect.stringContaining('nope.yaml') });
  });
});

describe('the configuration of Temporal', () => {
  it.each([
    [['status', 'a/b'], { TEMPORAL_PROFILE: 'nosuch' }, exits.usage.code, 'nosuch'],
    [['status', 'a/b'], { TEMPORAL_CONFIG_FILE: '/nope' }, exits.usage.code, 'expected the file /nope'],
    [['setup'], { TEMPORAL_PROFILE: 'nosuch' }, exits.usage.code, 'nosuch'],
    [['setup'], { TEMPORAL_CONFIG_FILE: '/nope' }, exits.usage.code, 'expected the file /nope'],
  ])('is told what is wrong with it, and is no fault of sluice: %j %j', async (args, change, exitCode, named) => {
    const worker = { SLUICE_LEDGER_URL: 'postgres://127.0.0.1:1/none', AWS_REGION: 'eu-central-1' };
    const answer = await sluice(args, { env: { ...worker, ...change } });
    expect(answer.exitCode).toBe(exitCode);
    expect(`${answer.stdout}${answer.stderr}`).toContain(named);
    expect(`${answer.stdout}${answer.stderr}`).not.toContain('fault of sluice');
  });
});

describe('an invalid manifest', () => {
  it('is refused with 3 before anything is asked of Temporal', async () => {
    const file = path.join(folder, 'broken.yaml');
    writeFileSync(file, stringify({ ...validManifest(), image: 'shop:latest', desiredCount: 2, database: undefined }));
    const env = { TEMPORAL_ADDRESS: closed };
    const answer = await sluice(['release', 'broken.yaml'], { cwd: folder, env });
    expect(answer).toMatchObject({ exitCode: exits.refused.code, stdout: '' });
    expect(answer.stderr).toMatch(/^broken\.yaml:6:8: image: expected an image by digest/);
    expect(answer.stderr).toMatch(/^broken\.yaml:\d+:1: desiredCount: unknown key "desiredCount"/m);
    expect(answer.stderr).toContain('manifest-invalid: broken.yaml has 2 problems; nothing was started');

    const json = await sluice(['release', 'broken.yaml', '--json'], { cwd: folder, env });
    expect(json.exitCode).toBe(exits.refused.code);
    expect(errorOf(json)).toMatchObject({
      code: 'manifest-invalid',
      problems: [
        { file: 'broken.yaml', line: 6, column: 8, path: 'image' },
        { file: 'broken.yaml', column: 1, path: 'desiredCount' },
      ],
    });
  });
});

describe.concurrent('Temporal out of reach', () => {
  const commands: string[][] = [
    ['status', 'production/shop/v2'],
    ['status', 'production/shop'],
    ['watch', 'production/shop/v2'],
    ['history', 'production/shop'],
    ['logs', 'production/shop/v2'],
    ['pause', 'production/shop/v2'],
    ['abort', 'production/shop/v2', '--reason', 'x'],
    ['approve', 'production/shop/v2'],
  ];

  it.each(commands)('gives up with 6 instead of waiting for ever: %s %s', async (...args) => {
    const answer = await sluice([...args, '--json'], { env: { TEMPORAL_ADDRESS: closed } });
    expect(answer.exitCode).toBe(exits.unreachable.code);
    expect(errorOf(answer)).toMatchObject({ code: 'unreachable' });
    expect(errorOf(answer).message).toContain(`${closed} (from TEMPORAL_ADDRESS)`);
  });

  it('exits with 6 when it is to release', async () => {
    const answer = await sluice(['release', manifest], { env: { TEMPORAL_ADDRESS: closed } });
    expect(answer).toMatchObject({ exitCode: exits.unreachable.code, stdout: '' });
    expect(answer.stderr).toContain('Start the stack with `sluice up`');
  });

  it('does not wait for a server that takes the connection and says nothing', async () => {
    const answer = await sluice(['status', 'production/shop/v2'], { env: { TEMPORAL_ADDRESS: silent.address } });
    expect(answer.exitCode).toBe(exits.unreachable.code);
  });
});

describe.concurrent('the stack file', () => {
  it('says where Temporal is, from the folder of the stack and from every folder below', async () => {
    const stack = mkdtempSync(path.join(folder, 'stack-'));
    mkdirSync(path.join(stack, '.sluice'));
    writeFileSync(
      path.join(stack, '.sluice', 'stack.json'),
      JSON.stringify({ temporalAddress: closed, temporalUi: '' }),
    );
    const below = path.join(stack, 'a', 'b');
    mkdirSync(below, { recursive: true });
    const answer = await sluice(['status', 'demo/shop', '--json'], { cwd: below });
    expect(errorOf(answer).message).toContain(`${closed} (from ${path.join(stack, '.sluice', 'stack.json')})`);
  });

  it('stands back behind a configured address', async () => {
    const stack = mkdtempSync(path.join(folder, 'stack-'));
    mkdirSync(path.join(stack, '.sluice'));
    writeFileSync(path.join(stack, '.sluice', 'stack.json'), '{ "temporalAddress": "127.0.0.1:9" }');
    const answer = await sluice(['status', 'demo/shop', '--json'], { cwd: stack, env: { TEMPORAL_ADDRESS: closed } });
    expect(errorOf(answer).message).toContain('(from TEMPORAL_ADDRESS)');
  });

  it('is a failure of our own when it cannot be read', async () => {
    const stack = mkdtempSync(path.join(folder, 'stack-'));
    mkdirSync(path.join(stack, '.sluice'));
    writeFileSync(path.join(stack, '.sluice', 'stack.json'), '{ half');
    const answer = await sluice(['status', 'demo/shop'], { cwd: stack });
    expect(answer.exitCode).toBe(exits.failure.code);
    expect(answer.stderr).toContain('expected "temporalAddress"');
  });
});
