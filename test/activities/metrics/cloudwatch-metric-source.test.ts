import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createCloudWatchMetricSource } from '../../../activities/metrics/cloudwatch-metric-source.js';
import { type TargetGroups, createTargetGroups, createWeightedRule } from '../../contract/aws-world.js';
import { clientsAt } from '../../contract/local-server.js';
import { type SimulatorWorld, startSimulatorWorld } from '../../contract/simulator.js';

let world: SimulatorWorld;
let targetGroups: TargetGroups;

beforeAll(async () => {
  world = await startSimulatorWorld();
  targetGroups = await createTargetGroups(world);
  await createWeightedRule(world, targetGroups);
});

afterEach(() => world.forgetCalls());

afterAll(() => world?.stop());

function sourceAt(endpoint: string, options: { readonly requestTimeoutMs?: number } = {}) {
  return createCloudWatchMetricSource(clientsAt(endpoint, options));
}

function lastMinute() {
  const toMs = Date.now();
  return { targetGroups, fromMs: toMs - 60_000, toMs, periodSeconds: 1 };
}

describe('a source that cannot be asked is a measurement, not an error:', () => {
  test('one that throttles', async () => {
    await world.armFault({ kind: 'throttle', operation: 'GetMetricData', times: 2 });
    expect(await sourceAt(world.endpoint).measure(lastMinute())).toEqual({
      kind: 'unmeasurable',
      reason: expect.stringContaining('could not read the load balancer’s metrics: AWS answered 400') as string,
    });
  });

  test('one that does not answer', async () => {
    await world.armFault({ kind: 'timeout-before-effect', operation: 'GetMetricData', times: 2 });
    const source = sourceAt(world.endpoint, { requestTimeoutMs: 300 });
    expect(await source.measure(lastMinute())).toMatchObject({ kind: 'unmeasurable' });
  });

  test('one that is not there', async () => {
    expect(await sourceAt('http://127.0.0.1:1').measure(lastMinute())).toMatchObject({ kind: 'unmeasurable' });
  });
});

test('measures again once the source is back', async () => {
  const source = sourceAt(world.endpoint);
  await world.armFault({ kind: 'error', operation: 'DescribeTargetGroups', times: 2 });
  expect(await source.measure(lastMinute())).toMatchObject({ kind: 'unmeasurable' });
  expect(await source.measure(lastMinute())).toMatchObject({ kind: 'measured' });
});

test('asks for the load balancer of a target group only once', async () => {
  const source = sourceAt(world.endpoint);
  await source.measure(lastMinute());
  await source.measure(lastMinute());
  expect(await world.calls('DescribeTargetGroups')).toHaveLength(2);
  expect(await world.calls('GetMetricData')).toHaveLength(2);
});
