import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { withShopStack } from '../support/shop-stack.js';

// A newcomer follows docs/how-to/first-release.md: its commands, as they stand there, in the order they stand there.

const shop = withShopStack();
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-newcomer-'));
const manifest = path.join(folder, 'shop.yaml');
const page = readFileSync(path.join(packageRoot, 'docs', 'how-to', 'first-release.md'), 'utf8');
const commands = [...page.matchAll(/^ *(sluice .+)$/gm)].map(([, command = '']) => command);

beforeAll(() => {
  const main = path.join(packageRoot, 'dist', 'client', 'main.js');
  const program = path.join(folder, 'sluice');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(program, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function say(command: string): Promise<string> {
  const { stack } = shop.current;
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env.PATH}`,
    TEMPORAL_ADDRESS: stack.temporal.address,
    TEMPORAL_NAMESPACE: stack.temporal.namespace,
    SLUICE_LEDGER_URL: stack.ledgerUrl,
    AWS_REGION: 'eu-central-1',
    CLUSTER: stack.infrastructure.cluster,
    SERVICE: 'shop-blue',
    RULE: stack.infrastructure.ruleArn,
  };
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', command], { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ended with ${String(error.code)}:\n${stderr}${stdout}`));
    });
  });
}

/** What the page asks for: a version, and for a try what stands in the manifests of the stack. */
function edit(): void {
  const draft = readFileSync(manifest, 'utf8');
  expect(draft).toContain('environment: production # CHANGE: where this runs');
  const [, ...taken] = /take `(\w+)` and `(\w+)`, whole,\s+from `\.sluice\/manifests\/shop-2\.yaml`/.exec(page) ?? [];
  expect(taken).toHaveLength(2);
  const ofTheStack = readFileSync(shop.current.manifest('2'), 'utf8');
  const edited = taken.reduce(
    (text, name) => text.replace(sectionOf(text, name), sectionOf(ofTheStack, name)),
    draft.replace(/^version: .*$/m, 'version: "2"'),
  );
  writeFileSync(manifest, edited);
}

function sectionOf(text: string, name: string): string {
  const [section] = new RegExp(`^${name}:.*\n(?: .*\n)*`, 'm').exec(text) ?? [];
  if (section === undefined) throw new Error(`expected ${name} in\n${text}`);
  return section;
}

it('leads from a service that runs to its first release and its history', { timeout: 300_000 }, async () => {
  expect(commands.map((command) => command.split(' ')[1])).toEqual([
    ...['setup', 'init', 'validate', 'doctor', 'plan', 'release', 'history', 'logs'],
  ]);
  const told = new Map<string, string>();
  for (const command of commands) {
    const [, name = ''] = command.split(' ');
    told.set(name, await say(command));
    if (name === 'init') edit();
  }
  expect(told.get('plan')).toMatch(/keep-warm|keep warm/);
  expect(told.get('release')).toContain('shop-2 in production is released');
  expect(told.get('history')).toMatch(/2 .*released/);
  expect(told.get('logs')).toMatch(/blue 100, green 0 → blue 80, green 20/);
});

it('leaves no shopper behind', async () => {
  expect(await shop.current.verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
});
