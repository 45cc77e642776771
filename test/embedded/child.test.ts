import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { startChild, type Child } from '../../embedded/child.js';
import { packageRoot } from '../../embedded/package-root.js';
import { isRunning } from '../support/process.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-child-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const started: Child<unknown>[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.kill()));
});

const stayAlive = `setInterval(() => {}, 1000);`;
const sayReady = `console.log(JSON.stringify({ pid: process.pid }));`;
const readPid = (line: string) => (JSON.parse(line) as { pid: number }).pid;

it('is ready with the value of its first ready line, and keeps all output in its log file', async () => {
  const log = path.join(folder, 'logs', 'chatty.log');
  const child = await start(
    `console.error('warming up'); console.log('plain'); console.log('{"port":4711}'); ${stayAlive}`,
    { ready: (line) => (JSON.parse(line) as { port: number }).port, log },
  );
  expect(child.ready).toBe(4711);
  await child.stop();
  expect(readFileSync(log, 'utf8').split('\n').sort()).toEqual(['', 'plain', 'warming up', '{"port":4711}']);
});

it('rejects with the last of its output when it ends before it is ready', async () => {
  await expect(start(`console.error('no port left'); process.exit(3)`, { ready: readPid })).rejects.toThrow(
    /The subject ended before it was ready \(exit code 3\).*\nno port left$/s,
  );
});

it('rejects and leaves nothing running when it stays silent', async () => {
  const lines: string[] = [];
  const silent = start(`console.log('pid ' + process.pid); ${stayAlive}`, {
    ready: () => undefined,
    readyTimeoutMs: 500,
    log: (line) => lines.push(line),
  });
  await expect(silent).rejects.toThrow('The subject was not ready after 500 ms');
  await vi.waitFor(() => expect(isRunning(Number(lines[0]?.slice(4)))).toBe(false));
});

it('rejects when there is no such command', async () => {
  const missing = startChild({ name: 'subject', command: path.join(folder, 'missing') });
  await expect(missing).rejects.toThrow(/could not be started.*ENOENT/);
  const kept = startChild({ name: 'subject', command: path.join(folder, 'missing'), foreign: true });
  await expect(kept).rejects.toThrow(/ended before it was ready \(exit code 127\).*ENOENT/s);
});

it('stops a child in good order, and may be told twice', async () => {
  const child = await start(`process.on('SIGTERM', () => process.exit(0)); ${sayReady} ${stayAlive}`);
  expect(await Promise.all([child.stop(), child.stop()])).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
  expect(await child.stop()).toEqual({ code: 0, signal: null });
});

it('kills a child that does not stop within its grace period', async () => {
  const child = await start(`process.on('SIGTERM', () => {}); ${sayReady} ${stayAlive}`);
  expect(await child.stop({ graceMs: 100 })).toEqual({ code: null, signal: 'SIGKILL' });
});

it('reports the pid of a foreign program itself, and kills it together with its keeper', async () => {
  const child = await start(`${sayReady} ${stayAlive}`, { foreign: true });
  expect(child.pid).toBe(child.ready);
  await child.kill();
  await vi.waitFor(() => expect(isRunning(child.pid)).toBe(false));
});

it('ends with the exit code of the foreign program', async () => {
  const child = await start(`process.on('SIGTERM', () => process.exit(5)); ${sayReady} ${stayAlive}`, {
    foreign: true,
  });
  expect((await child.stop()).code).toBe(5);
});

it('lets no foreign program outlive a keeper that was killed', async () => {
  const child = await start(`${sayReady} console.log('parent ' + process.ppid); ${stayAlive}`, {
    foreign: true,
    ready: (line) => (line.startsWith('parent ') ? Number(line.slice(7)) : undefined),
  });
  process.kill(child.ready, 'SIGKILL');
  await vi.waitFor(() => expect(isRunning(child.pid)).toBe(false));
});

const leashed = `import { onLeashCut } from ${JSON.stringify(pathToFileURL(path.join(packageRoot, 'dist/embedded/leash.js')).href)};`;

it('hands no leash on to what the child starts in turn', async () => {
  const child = await start(
    `${leashed} onLeashCut(() => process.exit(0));
     console.log(JSON.stringify({ pid: process.env.EXIT_WHEN_STDIN_CLOSES ?? 'none' })); ${stayAlive}`,
  );
  expect(child.ready).toBe('none');
});

it('leaves nothing behind when the parent is killed', async () => {
  const goodbye = path.join(folder, 'goodbye');
  const own = script(
    `import { writeFileSync } from 'node:fs'; ${leashed}
     onLeashCut(() => { console.log('stopping'); writeFileSync(${JSON.stringify(goodbye)}, 'in good order'); process.exit(0); });
     ${sayReady} ${stayAlive}`,
  );
  const stubborn = script(`${leashed} onLeashCut(() => {}, { graceMs: 100 }); ${sayReady} ${stayAlive}`);
  const foreign = script(`${sayReady} ${stayAlive}`);
  const child = pathToFileURL(path.join(packageRoot, 'dist/embedded/child.js')).href;
  const parent = await startChild({
    name: 'parent',
    command: process.execPath,
    args: [
      script(
        `import { startChild } from ${JSON.stringify(child)};
         const start = (script, foreign) => startChild({ name: 'grandchild', command: process.execPath, args: [script],
           foreign, ready: (line) => JSON.parse(line).pid });
         const children = [await start(${JSON.stringify(own)}), await start(${JSON.stringify(stubborn)}),
           await start(${JSON.stringify(foreign)}, true)];
         console.log(JSON.stringify(children.map((each) => each.pid)));`,
      ),
    ],
    ready: (line) => JSON.parse(line) as number[],
  });
  started.push(parent);
  expect(parent.ready.map(isRunning)).toEqual([true, true, true]);

  await parent.kill();

  await vi.waitFor(() => expect(parent.ready.map(isRunning)).toEqual([false, false, false]), { timeout: 10_000 });
  expect(readFileSync(goodbye, 'utf8')).toBe('in good order');
});

type Options<T> = Partial<Parameters<typeof startChild<T>>[0]>;

async function start<T = number>(source: string, options: Options<T> = {}): Promise<Child<T>> {
  const child = await startChild<T>({
    name: 'subject',
    command: process.execPath,
    args: [script(source)],
    ready: readPid as (line: string) => T,
    ...options,
  });
  started.push(child);
  return child;
}

let scripts = 0;

function script(source: string): string {
  const file = path.join(folder, `script-${++scripts}.mjs`);
  writeFileSync(file, source);
  return file;
}
