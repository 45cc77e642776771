import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { startChild } from '../../../embedded/child.js';
import { packageRoot } from '../../../embedded/package-root.js';
import { locateTemporal } from '../../../embedded/temporal/locate.js';
import { startTemporal, type TemporalOptions, type TemporalServer } from '../../../embedded/temporal/server.js';
import { isRunning } from '../../support/process.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-temporal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let binary: string;
beforeAll(async () => {
  binary = await locateTemporal({ log: console.log });
}, 600_000);

it('answers with its namespace, its search attributes and its UI', async () => {
  const server = await start({ namespace: 'shop', searchAttributes: { SluiceLane: 'Keyword', SluiceWeight: 'Int' } });
  const client = await connect(server);
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'shop' });
  expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(['SluiceLane', 'SluiceWeight']));
  expect((await fetch(server.uiUrl as string)).status).toBe(200);
});

it('keeps its workflows over a stop and over a kill, on the same file and the same ports', async () => {
  const lasting = {
    dbFile: path.join(folder, 'db', 'temporal.sqlite'),
    searchAttributes: { SluiceLane: 'Keyword' } as const,
  };
  const first = await start(lasting);
  await startWorkflow(first, 'before the stop');
  await first.stop();

  const second = await start({ ...lasting, port: first.port, uiPort: first.uiPort });
  expect(second.address).toBe(first.address);
  expect(await statusOf(second, 'before the stop')).toBe('RUNNING');
  await startWorkflow(second, 'before the kill');
  await second.kill();
  await vi.waitFor(() => expect(isRunning(second.pid)).toBe(false));

  const third = await start({ ...lasting, port: first.port, uiPort: first.uiPort });
  expect(await statusOf(third, 'before the kill')).toBe('RUNNING');
});

it('refuses a port that somebody else holds, with the last words of the server', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  cleanups.push(() => new Promise((resolve) => holder.close(resolve)));
  await vi.waitFor(() => expect(holder.listening).toBe(true));
  const { port } = holder.address() as AddressInfo;
  await expect(start({ port })).rejects.toThrow(new RegExp(`Temporal server ended before it was ready.*${port}`, 's'));
});

it('starts again when the server ended, as it does when somebody took a port of one of its parts', async () => {
  const unlucky = path.join(folder, 'unlucky');
  const script = `#!/bin/sh\nmkdir '${unlucky}.1' 2>/dev/null && exit 2\nmkdir '${unlucky}.2' 2>/dev/null && exit 2\nexec '${binary}' "$@"\n`;
  writeFileSync(unlucky, script, { mode: 0o755 });
  const server = await startTemporal({ binary: unlucky, logFile: path.join(folder, 'unlucky.log'), headless: true });
  cleanups.push(() => server.stop());
  await connect(server);
  expect(existsSync(`${unlucky}.2`)).toBe(true);
});

it('does not outlive a parent that was killed', async () => {
  const script = path.join(folder, 'parent.mjs');
  const module = pathToFileURL(path.join(packageRoot, 'dist/embedded/temporal/server.js')).href;
  const options = { binary, headless: true, logFile: path.join(folder, 'orphan.log') };
  writeFileSync(
    script,
    `import { startTemporal } from ${JSON.stringify(module)};
     const server = await startTemporal(${JSON.stringify(options)});
     console.log(JSON.stringify(server.pid));`,
  );
  const parent = await startChild({
    name: 'parent',
    command: process.execPath,
    args: [script],
    ready: (line) => JSON.parse(line) as number,
  });
  expect(isRunning(parent.ready)).toBe(true);
  await parent.kill();
  await vi.waitFor(() => expect(isRunning(parent.ready)).toBe(false), { timeout: 15_000 });
});

async function start(options: Partial<TemporalOptions> = {}): Promise<TemporalServer> {
  const server = await startTemporal({ binary, logFile: path.join(folder, 'server.log'), ...options });
  cleanups.push(() => server.kill());
  return server;
}

async function connect({ address, namespace }: TemporalServer): Promise<Client> {
  const connection = await Connection.connect({ address });
  cleanups.push(() => connection.close());
  return new Client({ connection, namespace });
}

async function startWorkflow(server: TemporalServer, workflowId: string): Promise<void> {
  const client = await connect(server);
  await client.workflow.start('release', { workflowId, taskQueue: 'nobody-listens' });
}

async function statusOf(server: TemporalServer, workflowId: string): Promise<string> {
  const client = await connect(server);
  return (await client.workflow.getHandle(workflowId).describe()).status.name;
}
