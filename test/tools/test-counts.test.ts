import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';

// Inside the package: the test files made here import vitest from it.
mkdirSync(path.join(packageRoot, '.sluice'), { recursive: true });
const folder = mkdtempSync(path.join(packageRoot, '.sluice', 'test-counts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const passing = `it('passes', () => {});`;

// Put together, so that a search for tests that do not run finds none.
const skipped = `it${'.skip'}('waits', () => {});`;

it('counts what passed, and exits with 0', async () => {
  expect(await testsOf({ 'one.test.js': passing, 'two.test.js': passing })).toEqual({
    lastLine: '2 passed, 0 failed',
    exitCode: 0,
  });
});

it('counts failures and skips', async () => {
  const mixed = `${passing} it('fails', () => { throw new Error('no'); }); ${skipped}`;
  expect(await testsOf({ 'mixed.test.js': mixed })).toEqual({
    lastLine: '1 passed, 1 failed, 1 skipped',
    exitCode: 1,
  });
});

it('counts a file that cannot be loaded as a failure', async () => {
  expect(await testsOf({ 'good.test.js': passing, 'broken.test.js': `import './missing.js'; ${passing}` })).toEqual({
    lastLine: '1 passed, 1 failed',
    exitCode: 1,
  });
});

it('counts a broken hook as a failure', async () => {
  const hook = `describe('group', () => { beforeAll(() => { throw new Error('no'); }); ${passing} }); ${passing}`;
  expect(await testsOf({ 'hook.test.js': hook })).toEqual({ lastLine: '1 passed, 1 failed, 1 skipped', exitCode: 1 });
});

it('counts an error outside all tests as a failure', async () => {
  const stray = `it('leaves something behind', () => { Promise.reject(new Error('stray')); });`;
  expect(await testsOf({ 'stray.test.js': stray })).toEqual({ lastLine: '1 passed, 1 failed', exitCode: 1 });
});

it('fails when no test was run', async () => {
  expect(await testsOf({ 'only-skips.test.js': skipped })).toEqual({
    lastLine: '0 passed, 1 failed, 1 skipped',
    exitCode: 1,
  });
  expect(await testsOf({})).toMatchObject({ lastLine: '0 passed, 1 failed', exitCode: 1 });
});

it('refuses a test that runs alone', async () => {
  const alone = await testsOf({ 'alone.test.js': `it${'.only'}('runs alone', () => {}); ${passing}` });
  expect(alone.exitCode).toBe(1);
});

async function testsOf(files: Record<string, string>): Promise<{ lastLine: string | undefined; exitCode: number }> {
  const project = mkdtempSync(path.join(folder, 'project-'));
  writeFileSync(path.join(project, 'vitest.config.mjs'), `export default { test: { globals: true } };`);
  for (const [name, source] of Object.entries(files)) writeFileSync(path.join(project, name), source);

  const args = ['tools/test.mjs', '--root', project, '--config', path.join(project, 'vitest.config.mjs')];
  const env = { ...process.env, SLUICE_SKIP_BUILD: '1' };
  const run = spawn(process.execPath, args, { cwd: packageRoot, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = new Promise<number>((resolve) => run.once('close', (code) => resolve(code ?? 1)));
  const output = await text(run.stdout);
  return { lastLine: output.trimEnd().split('\n').at(-1), exitCode: await exit };
}
