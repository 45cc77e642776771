import { afterAll, beforeAll, describe } from 'vitest';

import type { AwsWorld } from './aws-world.js';
import { runContract } from './contract-case.js';
import { metricSourceCases } from './metric-source.contract.js';
import { findOrInstallMoto } from './moto-home.js';
import { startMotoWorld } from './moto.js';
import { trafficRouterCases } from './traffic-router.contract.js';
import { workloadHostCases } from './workload-host.contract.js';

const home = await findOrInstallMoto();
if (home.kind === 'missing') process.stderr.write(`skipped: the contracts on moto: ${home.reason}\n`);

describe.skipIf(home.kind === 'missing')('the contracts on moto, which nobody here wrote', () => {
  let started: AwsWorld | undefined;

  beforeAll(async () => {
    if (home.kind === 'ready') started = await startMotoWorld(home.python);
  });

  afterAll(() => started?.stop());

  const world = () => {
    if (started === undefined) throw new Error('moto has not been started');
    return started;
  };
  runContract({ port: 'WorkloadHost', cases: workloadHostCases, worldName: 'moto', world });
  runContract({ port: 'TrafficRouter', cases: trafficRouterCases, worldName: 'moto', world });
  runContract({ port: 'MetricSource', cases: metricSourceCases, worldName: 'moto', world });
});
