import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';

// The compiled worker where nothing it needs is right.

const main = path.join(packageRoot, 'dist', 'workers', 'main.js');
const env = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-central-1',
  SLUICE_LEDGER_URL: 'postgres://127.0.0.1:1/none',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
};

async function refusal(change: NodeJS.ProcessEnv): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const ended = promisify(execFile)(process.execPath, [main], { env: { ...env, ...change }, timeout: 60_000 });
  return ended.then(
    () => expect.unreachable('the worker came up'),
    (error: { code: unknown; stderr: string }) => error,
  );
}

it('says which Temporal it expected, where it has the address from, and what to do', async () => {
  const { code, stderr } = await refusal({});
  expect(code).toBe(1);
  expect(stderr).toContain('expected Temporal at 127.0.0.1:1 (from TEMPORAL_ADDRESS): ');
  expect(stderr).toContain('set TEMPORAL_ADDRESS to one that runs');
});

it.each([
  [{ TEMPORAL_PROFILE: 'nosuch' }, 'nosuch'],
  [{ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, 'expected the file /nowhere/temporal.toml'],
])('names what is wrong with the configuration of Temporal: %j', async (change, named) => {
  const { code, stderr } = await refusal(change);
  expect(code).toBe(1);
  expect(stderr).toContain(named);
});

it('refuses a ledger that is no Postgres before it connects to anything', async () => {
  const { code, stderr } = await refusal({ SLUICE_LEDGER_URL: 'garbage' });
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('SLUICE_LEDGER_URL: expected a URL such as postgres://'),
  });
});
