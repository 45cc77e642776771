import { expect } from 'vitest';

import { createCloudWatchMetricSource } from '../../activities/metrics/cloudwatch-metric-source.js';
import type { Measurement } from '../../domain/verdict.js';
import {
  type AwsWorld,
  type CountedTraffic,
  type MeasuredWindow,
  type TargetGroups,
  createTargetGroups,
  createWeightedRule,
} from './aws-world.js';
import type { ContractCase } from './contract-case.js';
import { until } from './until.js';

export const metricSourceCases: Readonly<Record<string, ContractCase>> = {
  'counts the requests and errors of each colour apart': {
    holds: async (world) => {
      const groups = await measuredGroups(world);
      const { fromMs } = await world.haveCounted(groups.blue, { answered: 8, failed: 0 });
      const window = { ...(await world.haveCounted(groups.green, { answered: 5, failed: 2 })), fromMs };
      const { blue, green } = await counted(world, { groups, window, requests: 15 });
      expect(blue).toMatchObject({ requests: 8, errors: 0 });
      expect(green).toMatchObject({ requests: 7, errors: 2 });
    },
  },

  'counts nothing where nothing was asked for': {
    holds: async (world) => {
      const groups = await measuredGroups(world);
      const window = await world.haveCounted(groups.blue, { answered: 3, failed: 0 });
      const { green } = await counted(world, { groups, window, requests: 3 });
      expect(green).toEqual({ requests: 0, errors: 0, p99Ms: null });
    },
  },

  'counts connections that could not be made as requests and as errors': {
    holds: async (world) => {
      const groups = await measuredGroups(world);
      const traffic: CountedTraffic = { answered: 0, failed: 0, connectionErrors: 3 };
      const window = await world.haveCounted(groups.blue, traffic);
      const { blue } = await counted(world, { groups, window, requests: 3 });
      expect(blue).toEqual({ requests: 3, errors: 3, p99Ms: null });
    },
  },

  'gives the 99th percentile of the response time in milliseconds': {
    holds: async (world) => {
      const { groups, window } = await slowBlue(world);
      const { blue } = await counted(world, { groups, window, requests: 4 });
      expect(blue.p99Ms).toBeGreaterThanOrEqual(200);
      expect(blue.p99Ms).toBeLessThan(2_000);
    },
    differs: {
      moto: {
        why: 'which breaks down over a percentile',
        instead: async (world) => {
          const { groups, window } = await slowBlue(world);
          expect(await sourceOf(world).measure({ targetGroups: groups, ...window })).toMatchObject({
            kind: 'unmeasurable',
            reason: expect.stringContaining('AWS answered 500') as string,
          });
        },
      },
    },
  },

  'widens the window to whole periods': {
    holds: async (world) => {
      const groups = await measuredGroups(world);
      const period = 60_000;
      const minute = Math.floor(Date.now() / period) * period;
      const measured = await sourceOf(world).measure({
        targetGroups: groups,
        fromMs: minute - period + 1,
        toMs: minute + 1,
        periodSeconds: 60,
      });
      expect(measured).toMatchObject({ kind: 'measured', fromMs: minute - period, toMs: minute + period });
    },
  },

  'cannot measure target groups that are behind no load balancer': {
    holds: async (world) => {
      const groups = await createTargetGroups(world);
      const toMs = Date.now();
      const measured = await sourceOf(world).measure({
        targetGroups: groups,
        fromMs: toMs - 60_000,
        toMs,
        periodSeconds: 60,
      });
      expect(measured).toMatchObject({
        kind: 'unmeasurable',
        reason: expect.stringContaining(`target group ${groups.blue} was expected behind a load balancer`) as string,
      });
    },
  },
};

function sourceOf({ clients }: AwsWorld) {
  return createCloudWatchMetricSource({ cloudwatch: clients.cloudwatch, elb: clients.elb });
}

async function measuredGroups(world: AwsWorld): Promise<TargetGroups> {
  const groups = await createTargetGroups(world);
  await createWeightedRule(world, groups);
  return groups;
}

async function slowBlue(world: AwsWorld) {
  const groups = await measuredGroups(world);
  return { groups, window: await world.haveCounted(groups.blue, { answered: 4, failed: 0, latencyMs: 200 }) };
}

/** Metrics arrive some time after the requests: measured until all of them are there. */
async function counted(
  world: AwsWorld,
  wanted: { readonly groups: TargetGroups; readonly window: MeasuredWindow; readonly requests: number },
) {
  const source = sourceOf(world);
  const total = (measured: Measurement) =>
    measured.kind === 'measured' ? measured.colours.blue.requests + measured.colours.green.requests : 0;
  const measured = await until(
    () => source.measure({ targetGroups: wanted.groups, ...wanted.window }),
    (seen) => total(seen) >= wanted.requests,
  );
  if (measured.kind === 'unmeasurable') throw new Error(measured.reason);
  return measured.colours;
}
