import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import { sluice } from '../client/command-line.js';
import { type Certificates, makeCertificates } from '../support/certificates.js';
import { itWithEverything } from '../support/everything.js';
import { type Gateway, startGateway } from '../support/temporal-gateway.js';
import { withWorkerProcesses } from './worker-process.js';

const it = itWithEverything('connections with TLS and API keys');

const workers = withWorkerProcesses();
let certificates: Certificates;
const gateways: Gateway[] = [];
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterEach(() => {
  for (const gateway of gateways.splice(0)) gateway.close();
});
afterAll(() => certificates?.remove());

async function gateway(asks: Parameters<typeof startGateway>[2]): Promise<Gateway> {
  const started = await startGateway(workers.address, certificates, asks);
  gateways.push(started);
  return started;
}

const fileOf = (name: string) => path.join(certificates.folder, name);
const trust = () => ({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: fileOf('authority.pem') });

/** Work goes through both of the worker's connections, its own and that of the SDK's core; the command line has a third. */
async function expectWork(env: NodeJS.ProcessEnv, name: string): Promise<void> {
  await workers.start(env);
  const run = { workflowId: `${workers.prefix}/${name}`, taskQueue: workers.taskQueue };
  expect(await workers.client.workflow.execute('reaper', run)).toEqual([]);
  const answer = await sluice(['status', 'demo/shop/none'], { env });
  expect(answer).toMatchObject({ exitCode: exits.refused.code, stderr: expect.stringContaining('none') as string });
}

describe('a Temporal that asks for a client certificate', () => {
  const client = () => ({
    TEMPORAL_TLS_CLIENT_CERT_PATH: fileOf('client.pem'),
    TEMPORAL_TLS_CLIENT_KEY_PATH: fileOf('client.key'),
  });

  it('gets it from the worker and the command line', async () => {
    const { address } = await gateway({ certificate: true });
    await expectWork({ TEMPORAL_ADDRESS: address, ...trust(), ...client() }, 'mtls');
  });

  it('turns away a worker without, which ends instead of waiting', async () => {
    const { address } = await gateway({ certificate: true });
    await expect(workers.start({ TEMPORAL_ADDRESS: address, ...trust() })).rejects.toThrow('worker cannot go on');
  });
});

describe('a Temporal that asks for an API key', () => {
  it('gets it from the worker and the command line, and nothing without it', async () => {
    const { address, authorizations } = await gateway({ apiKey: 'key-1' });
    await expectWork({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: 'key-1', ...trust() }, 'api-key');
    expect([...authorizations]).toEqual(['Bearer key-1']);
  });

  it('turns away a worker with another, which ends and does not say the key', async () => {
    const { address } = await gateway({ apiKey: 'key-1' });
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: 'stale-key', ...trust() };
    const refusal = await workers.start(env).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(refusal).toContain('worker cannot go on');
    expect(refusal).not.toContain('stale-key');
  });
});
