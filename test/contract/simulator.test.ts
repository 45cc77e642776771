import { afterAll, beforeAll, describe } from 'vitest';

import type { AwsWorld } from './aws-world.js';
import { runContract } from './contract-case.js';
import { metricSourceCases } from './metric-source.contract.js';
import { startSimulatorWorld } from './simulator.js';
import { trafficRouterCases } from './traffic-router.contract.js';
import { workloadHostCases } from './workload-host.contract.js';

describe('the contracts on the simulator', () => {
  let started: AwsWorld | undefined;

  beforeAll(async () => {
    started = await startSimulatorWorld();
  });

  afterAll(() => started?.stop());

  const world = () => {
    if (started === undefined) throw new Error('the simulator has not been started');
    return started;
  };
  runContract({ port: 'WorkloadHost', cases: workloadHostCases, worldName: 'simulator', world });
  runContract({ port: 'TrafficRouter', cases: trafficRouterCases, worldName: 'simulator', world });
  runContract({ port: 'MetricSource', cases: metricSourceCases, worldName: 'simulator', world });
});
