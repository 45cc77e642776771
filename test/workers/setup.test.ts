import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, expect, it, vi } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import type { SetupItem } from '../../domain/setup.js';
import { searchAttributeNames } from '../../domain/search-attributes.js';
import { type CommandAnswer, sluice } from '../client/command-line.js';
import { ensureReaper } from '../../workers/reaper-schedule.js';
import { freshDatabase } from '../support/postgres.js';
import { withTemporal } from '../support/temporal.js';

// A namespace and a database nobody has prepared, and the command as an operator runs it.

const temporal = withTemporal();
const namespace = `setup-${randomUUID()}`;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const { connection } = temporal.client;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await vi.waitFor(() => connection.workflowService.describeNamespace({ namespace }), {
    timeout: 30_000,
    interval: 200,
  });
  env = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: namespace,
    SLUICE_LEDGER_URL: await freshDatabase('setup'),
    AWS_REGION: 'eu-central-1',
    SLUICE_REAPER_INTERVAL: '90s',
  };
});

const statesOf = (answer: CommandAnswer) =>
  Object.fromEntries(itemsOf(answer).map(({ name, state }) => [name, state] as const));
const itemsOf = ({ stdout }: CommandAnswer) => (JSON.parse(stdout) as { items: SetupItem[] }).items;
const all = (state: SetupItem['state']) => ({ ledger: state, 'search attributes': state, 'reaper schedule': state });

it('looks without making anything, makes it, and finds it made', async () => {
  for (const _ of ['once', 'twice']) {
    const looked = await sluice(['setup', '--check', '--json'], { env });
    expect(statesOf(looked)).toEqual(all('missing'));
    expect(looked.exitCode).toBe(3);
  }
  const made = await sluice(['setup', '--json'], { env });
  expect(statesOf(made)).toEqual(all('made'));
  expect(made.exitCode).toBe(0);
  expect(itemsOf(made).map(({ detail }) => detail)).toEqual([
    expect.stringContaining('0001_ledger.sql'),
    searchAttributeNames.join(', '),
    'sluice-reaper every 1 min 30 s',
  ]);
  for (const command of [['setup'], ['setup', '--check']]) {
    const again = await sluice([...command, '--json'], { env });
    expect(statesOf(again)).toEqual(all('present'));
    expect(again.exitCode).toBe(0);
  }
});

it('brings the schedule to another interval and leaves the rest alone', async () => {
  const later = { ...env, SLUICE_REAPER_INTERVAL: '5m' };
  expect((await sluice(['setup', '--check'], { env: later })).stdout).toMatch(
    /^missing +reaper schedule +sluice-reaper every 5 min \(found every 1 min 30 s\)$/m,
  );
  expect(statesOf(await sluice(['setup', '--json'], { env: later }))).toEqual({
    ...all('present'),
    'reaper schedule': 'made',
  });
});

type Interceptors = NonNullable<NonNullable<Parameters<typeof Connection.connect>[0]>['interceptors']>;
type InterceptingCall = ReturnType<Interceptors[number]>;

it('lets a worker start that may not write schedules, where the one it needs is there', async () => {
  const refused: string[] = [];
  const connection = await Connection.connect({
    address: temporal.address,
    interceptors: [
      (options, nextCall) => {
        const method = options.method_definition.path.split('/').at(-1) ?? '';
        if (!/^(Create|Update|Patch|Delete)Schedule$/.test(method)) return nextCall(options) as InterceptingCall;
        refused.push(method);
        throw Object.assign(new Error(`${method} is not allowed`), { code: 7 });
      },
    ],
  });
  try {
    const client = new Client({ connection, namespace });
    await ensureReaper(client, { taskQueuePrefix: 'sluice', intervalMs: 300_000 });
    expect(refused).toEqual([]);
    for (const other of [
      { taskQueuePrefix: 'sluice', intervalMs: 60_000 },
      { taskQueuePrefix: 'nobodys', intervalMs: 300_000 },
    ]) {
      await expect(ensureReaper(client, other)).rejects.toThrow();
    }
    expect(refused).toContain('CreateSchedule');
  } finally {
    await connection.close();
  }
});

it('says which part is broken and still looks after the others', async () => {
  const answer = await sluice(['setup', '--json'], {
    env: { ...env, SLUICE_LEDGER_URL: 'postgres://127.0.0.1:1/none', TEMPORAL_ADDRESS: temporal.address },
  });
  expect(statesOf(answer)).toMatchObject({ ledger: 'broken', 'search attributes': 'present' });
  expect(itemsOf(answer)[0]).toMatchObject({
    detail: expect.stringMatching(/^the ledger did not answer: connect ECONNREFUSED 127.0.0.1:1$/) as string,
    remedy: expect.stringMatching(/^See that its server runs/) as string,
    unreachable: true,
  });
  expect(answer.exitCode).toBe(6);
  const away = await sluice(['setup'], { env: { ...env, TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  expect(away.stdout).toMatch(/^present +ledger .*\nbroken +Temporal .*127.0.0.1:1.*\n +See that its server runs/m);
  expect(away.exitCode).toBe(6);
});

it('does not call a server away that has answered', async () => {
  const url = new URL(env.SLUICE_LEDGER_URL ?? '');
  url.password = 'wrong';
  const answer = await sluice(['setup', '--json'], { env: { ...env, SLUICE_LEDGER_URL: url.href } });
  expect(itemsOf(answer)[0]).not.toHaveProperty('unreachable');
  expect(answer.exitCode).toBe(1);
});

it('names every variable the worker’s environment lacks', async () => {
  const { exitCode, stdout } = await sluice(['setup']);
  expect(exitCode).toBe(exits.usage.code);
  expect(stdout).toMatch(/SLUICE_LEDGER_URL[^]*AWS_REGION/);
});
