import { expect, it } from 'vitest';
import { readConfig } from '../../workers/config.js';

const least = { SLUICE_LEDGER_URL: 'postgres://ledger', AWS_REGION: 'eu-central-1' };

it('needs the ledger and the region, and has a default for everything else', () => {
  expect(readConfig(least)).toEqual({
    ledgerUrl: 'postgres://ledger',
    aws: { region: 'eu-central-1' },
    taskQueuePrefix: 'sluice',
    shutdownGraceMs: 10_000,
    reaperIntervalMs: 60_000,
    releaseSlots: 40,
    undoSlots: 20,
    logLevel: 'info',
    buildId: 'development',
  });
});

it('reports every problem at once, by the name of its variable', () => {
  const problems = { SLUICE_SHUTDOWN_GRACE: 'soon', SLUICE_METRICS_PORT: '70000', SLUICE_LOG_LEVEL: 'loud' };
  const read = () => readConfig({ AWS_REGION: 'eu-central-1', ...problems });
  expect(read).toThrow(/has 4 problems/);
  for (const name of ['SLUICE_LEDGER_URL: is not set', ...Object.keys(problems)]) expect(read).toThrow(name);
});

it('takes an empty variable for one that is not set', () => {
  expect(readConfig({ ...least, SLUICE_METRICS_PORT: '', SLUICE_TASK_QUEUE_PREFIX: '' })).toEqual(readConfig(least));
  expect(() => readConfig({ ...least, SLUICE_LEDGER_URL: '' })).toThrow('SLUICE_LEDGER_URL: is not set');
});

it('refuses a task queue prefix that would be read as something else', () => {
  expect(() => readConfig({ ...least, SLUICE_TASK_QUEUE_PREFIX: "a' OR '1" })).toThrow('SLUICE_TASK_QUEUE_PREFIX');
});

it('reads durations with their unit and refuses bare numbers of seconds', () => {
  expect(readConfig({ ...least, SLUICE_SHUTDOWN_GRACE: '2m' }).shutdownGraceMs).toBe(120_000);
  expect(() => readConfig({ ...least, SLUICE_SHUTDOWN_GRACE: '-5s' })).toThrow('SLUICE_SHUTDOWN_GRACE');
});

it('refuses a ledger that is no Postgres, and does not repeat it', () => {
  const read = (url: string) => () => readConfig({ ...least, SLUICE_LEDGER_URL: url });
  expect(read('garbage')).toThrow(/SLUICE_LEDGER_URL: expected a URL such as postgres:.*found no URL/);
  expect(read('mysql://root:hunter2@ledger')).toThrow(/found one that begins with mysql:$/);
});

it('never repeats the ledger’s URL, which carries a password', () => {
  const read = () => readConfig({ SLUICE_LEDGER_URL: 'postgres://sluice:hunter2@ledger/sluice' });
  expect(read).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') as string }) as Error);
});
