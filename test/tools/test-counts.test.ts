import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('how the test command counts');

// Inside the package: the test files made here import vitest from it.
mkdirSync(path.join(packageRoot, '.sluice'), { recursive: true });
const folder = mkdtempSync(path.join(packageRoot, '.sluice', 'test-counts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const passing = `it('passes', () => {});`;

// Put together, so that a search for tests that do not run finds none.
const skipped = `it${'.skip'}('waits', () => {});`;

it('counts what passed, and exits with 0', async () => {
  expect(await testsOf({ 'one.test.js': passing, 'two.test.js': passing })).toMatchObject({
    lastLine: '2 passed, 0 failed',
    exitCode: 0,
  });
});

it('counts failures, skips, and as one failure each: a file that cannot be loaded, a hook, an error outside all tests', async () => {
  const files = {
    'mixed.test.js': `${passing} it('fails', () => { throw new Error('no'); }); ${skipped}`,
    'broken.test.js': `import './missing.js'; ${passing}`,
    'hook.test.js': `describe('group', () => { beforeAll(() => { throw new Error('no'); }); ${passing} }); ${passing}`,
    'stray.test.js': `it('leaves something behind', () => { Promise.reject(new Error('stray')); });`,
  };
  const counted = await testsOf(files);
  expect(counted).toMatchObject({ lastLine: '3 passed, 4 failed, 2 skipped', exitCode: 1 });
  const outside = counted.errors.split('\n').filter((line) => line.startsWith('Failed outside its tests:'));
  expect(outside.map((line) => path.basename(line)).toSorted()).toEqual([
    'broken.test.js',
    'hook.test.js',
    'stray.test.js',
  ]);
});

it('fails when no test was run', async () => {
  expect(await testsOf({ 'only-skips.test.js': skipped })).toMatchObject({
    lastLine: '0 passed, 1 failed, 1 skipped',
    exitCode: 1,
  });
});

it('refuses a test that runs alone', async () => {
  const alone = await testsOf({ 'alone.test.js': `it${'.only'}('runs alone', () => {}); ${passing}` });
  expect(alone.exitCode).toBe(1);
});

it('gives files that failed a second try where asked, names those that needed it, and counts each test once', async () => {
  const once = (name: string, failure: string) => {
    const marker = JSON.stringify(path.join(folder, name));
    return `import fs from 'node:fs'; ${passing} it('fails once', () => {
      if (fs.existsSync(${marker})) return;
      fs.writeFileSync(${marker}, '');
      ${failure}
    });`;
  };
  const files = {
    'good.test.js': passing,
    'shaky.test.js': once('shaky', `throw new Error('no');`),
    'stray.test.js': once('stray', `Promise.reject(new Error('stray'));`),
    'bad.test.js': `it('fails', () => { throw new Error('no'); });`,
  };
  const again = await testsOf(files, { SLUICE_TEST_AGAIN: '1' });
  expect(again).toMatchObject({ lastLine: '5 passed, 1 failed', exitCode: 1 });
  const named = again.errors.split('\n').filter((line) => line.startsWith('Passed only when run again'));
  expect(named.map((line) => path.basename(line)).toSorted()).toEqual(['shaky.test.js', 'stray.test.js']);
});

interface TestsAnswer {
  readonly lastLine: string | undefined;
  readonly errors: string;
  readonly exitCode: number;
}

async function testsOf(files: Record<string, string>, more: NodeJS.ProcessEnv = {}): Promise<TestsAnswer> {
  const project = mkdtempSync(path.join(folder, 'project-'));
  writeFileSync(path.join(project, 'vitest.config.mjs'), `export default { test: { globals: true } };`);
  for (const [name, source] of Object.entries(files)) writeFileSync(path.join(project, name), source);

  const args = ['tools/test.mjs', '--root', project, '--config', path.join(project, 'vitest.config.mjs')];
  const env = { ...process.env, SLUICE_SKIP_BUILD: '1', SLUICE_TEST_AGAIN: '', ...more };
  const run = spawn(process.execPath, args, { cwd: packageRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number>((resolve) => run.once('close', (code) => resolve(code ?? 1)));
  const [output, errors] = await Promise.all([text(run.stdout), text(run.stderr)]);
  return { lastLine: output.trimEnd().split('\n').at(-1), errors, exitCode: await exit };
}
