import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import type { DemoReport } from '../../embedded/demo/report.js';
import { packageRoot } from '../../embedded/package-root.js';
import { allGraphs, graphsOf } from '../embedded/demo/graphs.js';
import { itWithEverything } from '../support/everything.js';
import { isRunning } from '../support/process.js';

const it = itWithEverything('the demo: whole and kept, with a release that ends early, and interrupted');

// The demo as a person starts it, but with fewer requests: `npm run demo -- --rate 140`.

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-demo-'));
const started: ChildProcess[] = [];
afterAll(() => {
  for (const demo of started) demo.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** What this machine has to be quick enough for; everything else must hold however busy it is. */
const timely = [/^traffic is back .* within 2 s/, /^the shoppers never pause/, /^no request fails/];
/** A shopper waits ten seconds for an answer. */
const waitedInVain = /^UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT$/;

it(
  'releases, goes back, outlives its worker, tells it in a report, and stays up until Ctrl-C',
  { timeout: 900_000 },
  async () => {
    const demo = start('whole', '--keep');
    await demo.until(/ stays up until Ctrl-C/);
    const report = demo.report();
    const broken = report.promises.filter(({ kept }) => !kept);
    expect(
      broken.filter(({ promise }) => !timely.some((name) => name.test(promise))),
      demo.output(),
    ).toEqual([]);
    expect(report.failures.filter(({ reason }) => !waitedInVain.test(reason))).toEqual([]);
    expect(report).toMatchObject({
      failedRequests: expect.any(Number) as unknown,
      checkoutsLost: 0,
      checkoutsDuplicated: 0,
      workerKills: 1,
      temporalUi: expect.stringMatching(/^http:/) as unknown,
      releases: [
        { version: '2', outcome: 'released', rollbackSeconds: null },
        { version: '3', outcome: 'rolled-back', rollbackSeconds: expect.any(Number) as unknown },
        { version: '4', outcome: 'released', rollbackSeconds: null },
      ],
    });
    expect(report.requests).toBeGreaterThan(0);
    expect(report.checkoutsAcknowledged).toBeGreaterThan(0);
    for (const { seconds, steps } of report.releases) {
      expect(seconds).toBeGreaterThan(0);
      expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['admit', 'deploy', 'shift 10 %']));
    }
    expect(graphsOf(readFileSync(demo.file('report.html'), 'utf8'))).toEqual(allGraphs);

    expect(demo.processes()).not.toEqual([]);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toBe(broken.length === 0 ? 0 : 1);
    await expect.poll(demo.processes).toEqual([]);
  },
);

it('tells in a report that a release ended early, and why', { timeout: 600_000 }, async () => {
  const demo = start('aborted', '--customers', '2000');
  await demo.until(/ expand +[\d.]+ m?s/);
  const { temporalAddress } = JSON.parse(readFileSync(demo.file('../stack.json'), 'utf8')) as {
    temporalAddress: string;
  };
  const main = path.join(packageRoot, 'dist', 'client', 'main.js');
  const abort = spawn(process.execPath, [main, 'abort', 'demo/shop/2', '--reason', 'changed my mind'], {
    env: { ...process.env, TEMPORAL_ADDRESS: temporalAddress },
  });
  expect(await once(abort, 'exit')).toEqual([0, null]);

  expect(await demo.ended, demo.output()).toBe(1);
  const { promises, releases, requests } = demo.report();
  expect(releases.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'not begun', 'not begun']);
  expect(promises.find(({ promise }) => promise === 'everything goes as the story has it')).toMatchObject({
    kept: false,
    found: expect.stringContaining('version 2: the release was over before the warm window') as unknown,
  });
  expect(requests).toBeGreaterThan(0);
  expect(demo.output()).toContain('BROKEN');
  expect(graphsOf(readFileSync(demo.file('report.html'), 'utf8'))).toEqual(allGraphs);
  await expect.poll(demo.processes).toEqual([]);
});

it('leaves no process behind when it is interrupted', { timeout: 300_000 }, async () => {
  const demo = start('interrupted', '--customers', '2000');
  await demo.until(/ admit +[\d.]+ m?s/);
  expect(demo.processes()).not.toEqual([]);
  demo.child.kill('SIGINT');
  expect(await demo.ended, demo.output()).toBe(130);
  await expect.poll(demo.processes).toEqual([]);
  expect(existsSync(demo.file('report.json'))).toBe(false);
});

function start(name: string, ...options: string[]) {
  const stateDir = path.join(folder, name);
  const main = path.join(packageRoot, 'dist', 'embedded', 'demo', 'main.js');
  const child = spawn(process.execPath, [main, '--rate', '140', '--state-dir', stateDir, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEMO_OF_TEST: stateDir },
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  let exitCode: number | null | undefined;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      exitCode = code;
      resolve(code);
    });
  });
  const file = (part: string) => path.join(stateDir, 'demo', part);
  return {
    child,
    ended,
    output: () => output,
    file,
    report: () => JSON.parse(readFileSync(file('report.json'), 'utf8')) as DemoReport,
    async until(line: RegExp): Promise<void> {
      const seen = () => line.test(output) || exitCode !== undefined;
      await expect.poll(seen, { timeout: 800_000 }).toBe(true);
      expect(exitCode, output).toBeUndefined();
    },
    processes: () => processesOf(stateDir),
  };
}

/** By what the demo hands down in the environment, or by its folder in the arguments. */
function processesOf(mark: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isRunning(Number(name)))
    .flatMap((pid) => {
      try {
        const [text, environment] = ['cmdline', 'environ'].map((part) => readFileSync(`/proc/${pid}/${part}`, 'utf8'));
        return text?.includes(mark) || environment?.includes(mark) ? `${pid} ${text?.replaceAll('\0', ' ')}` : [];
      } catch {
        return [];
      }
    });
}
