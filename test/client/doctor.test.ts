import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it, vi } from 'vitest';
import type { Finding } from '../../domain/doctor/doctor.js';
import { freshDatabase } from '../support/postgres.js';
import { withTemporal } from '../support/temporal.js';
import { sluice } from './command-line.js';

// A namespace that nobody has prepared and no worker polls.

const temporal = withTemporal();
const namespace = `doctor-${randomUUID()}`;

beforeAll(async () => {
  const { workflowService } = temporal.client.connection;
  await workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await vi.waitFor(() => workflowService.describeNamespace({ namespace }), { timeout: 30_000, interval: 200 });
});

async function broken(env: NodeJS.ProcessEnv, exit = 3): Promise<Readonly<Record<string, string>>> {
  const { exitCode, stdout } = await sluice(['doctor', '--json'], { env });
  const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: Finding[] };
  expect(healthy).toBe(false);
  expect(exitCode).toBe(exit);
  return Object.fromEntries(
    findings.filter(({ verdict }) => verdict === 'broken').map(({ about, found }) => [about, found]),
  );
}

it('names everything a new namespace lacks, and after the setup only the worker', async () => {
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace };
  const queues =
    'nobody polls workflows of sluice-release and activities of sluice-release and activities of sluice-undo';
  expect(await broken(env)).toEqual({
    'search attributes': expect.stringContaining('SluiceLane'),
    'reaper schedule': expect.stringContaining('found none'),
    workers: queues,
  });
  const made = await sluice(['setup'], {
    env: { ...env, SLUICE_LEDGER_URL: await freshDatabase('doctor'), AWS_REGION: 'eu-central-1' },
  });
  expect(made.exitCode).toBe(0);
  expect(await broken(env)).toEqual({ workers: queues });
});

it('says that there is no such namespace', async () => {
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'nowhere' };
  expect(await broken(env)).toEqual({ namespace: 'expected the namespace nowhere, found none of that name' });
});

it('says that Temporal does not answer', async () => {
  expect(await broken({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, 6)).toEqual({
    Temporal: expect.stringContaining('127.0.0.1:1 (from TEMPORAL_ADDRESS)'),
  });
});
