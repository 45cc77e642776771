import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import { failures } from '../../domain/failure.js';
import { locateTemporal } from '../../embedded/temporal/locate.js';
import { type TemporalServer, startTemporal } from '../../embedded/temporal/server.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import '../support/quiet-runtime.js';
import { type CommandAnswer, sluice } from './command-line.js';

// A server of its own: the task queue has one name everywhere, so on a shared server other workers would answer.

let folder: string;
let temporal: TemporalServer;
let client: Client;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-ask-'));
  const logFile = path.join(folder, 'temporal.log');
  temporal = await startTemporal({ binary: await locateTemporal({ log: () => {} }), logFile, headless: true });
  client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
});

afterAll(async () => {
  await client?.connection.close();
  await temporal?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (service: string, ...args: string[]): Promise<CommandAnswer> =>
  sluice(['history', `production/${service}`, ...args], { env: { TEMPORAL_ADDRESS: temporal.address } });

const questions = async () => {
  const found = [];
  for await (const run of client.workflow.list({ query: 'WorkflowType = "history"' })) found.push(run);
  return found;
};

it('asks nothing of nobody: without a worker no question is left behind', async () => {
  const answer = await ask('shop', '--json');
  expect(answer.exitCode).toBe(exits.unreachable.code);
  expect(JSON.parse(answer.stdout)).toMatchObject({ error: { code: 'unreachable' } });
  expect(await questions()).toEqual([]);
});

describe('with a worker', () => {
  let connection: NativeConnection;
  let worker: Worker;
  let running: Promise<void>;

  beforeAll(async () => {
    connection = await NativeConnection.connect({ address: temporal.address });
    worker = await Worker.create({
      connection,
      taskQueue: releaseTaskQueue,
      workflowsPath: fileURLToPath(new URL('scripted-questions.ts', import.meta.url)),
    });
    running = worker.run();
  });

  afterAll(async () => {
    worker?.shutdown();
    await running;
    await connection?.close();
  });

  it('asks in a run that says what is asked, and ends by itself', async () => {
    expect(await ask('shop')).toMatchObject({ exitCode: 0, stderr: '' });
    const answered = async () => (await questions()).map(({ workflowId, status }) => [workflowId, status.name]);
    await expect
      .poll(answered)
      .toContainEqual([expect.stringMatching(/^ask\/history\/production\/shop\/[0-9a-f-]{36}$/), 'COMPLETED']);
  });

  it('prints message and remedy of what somebody has to do something about, and exits with 3', async () => {
    const answer = await ask('refused');
    expect(answer).toMatchObject({ exitCode: exits.refused.code, stdout: '' });
    expect(answer.stderr).toContain('release-unknown: the ledger has no such lane');
    expect(answer.stderr).toContain(failures['release-unknown'].remedy);
  });

  it('does not call it a refusal that something is away for the moment', async () => {
    const answer = await ask('away', '--json');
    expect(answer.exitCode).toBe(exits.failure.code);
    expect(JSON.parse(answer.stdout)).toMatchObject({ error: { code: 'ledger-unreachable' }, exitCode: 1 });
  });

  it('says where to look when the worker itself is broken', async () => {
    const answer = await ask('defect');
    expect(answer.exitCode).toBe(exits.failure.code);
    expect(answer.stderr).toMatch(/ask\/history\/production\/defect\/.* was not answered: column "outcom" does not/);
  });

  it('gives up on an answer that does not come, and leaves nothing running', { timeout: 90_000 }, async () => {
    const answer = await ask('silent');
    expect(answer.exitCode).toBe(exits.unreachable.code);
    expect(answer.stderr).toContain('nothing was changed');
    expect((await questions()).filter(({ status }) => status.name === 'RUNNING')).toEqual([]);
  });
});
