import { expect } from 'vitest';

import type { ContractCase } from './contract-case.js';
import { brokenServiceIn, changeRevision, endOf, serviceIn, staleDeployment } from './workload-scenario.js';

const noScheduler = 'which has no scheduler: it starts no task, so nothing ever comes up or fails';

export const rolloutCases: Readonly<Record<string, ContractCase>> = {
  'completes a rollout when every task runs, and names their addresses': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 2 });
      await host.createService(service);
      const rollout = await endOf(host, service);
      expect(rollout).toMatchObject({ kind: 'completed', running: 2 });
      const addresses = rollout.kind === 'completed' ? rollout.addresses : [];
      expect(new Set(addresses).size).toBe(2);
      await host.changeService(service, { ...service, desiredCount: 0 });
      await endOf(host, { ...service, desiredCount: 0 });
    },
    differs: {
      moto: {
        why: noScheduler,
        instead: async (world) => {
          const { host, service } = await serviceIn(world, { desiredCount: 2 });
          await host.createService(service);
          expect(await host.observeService(service, service)).toMatchObject({ kind: 'in-progress', running: 0 });
        },
      },
    },
  },

  'completes a rollout to nothing when no task is left': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 1 });
      await host.createService(service);
      await host.changeService(service, { ...service, desiredCount: 0 });
      expect(await endOf(host, { ...service, desiredCount: 0 })).toEqual({
        kind: 'completed',
        running: 0,
        addresses: [],
      });
    },
  },

  'fails a rollout whose tasks keep ending, says how they ended, and can still be emptied': {
    holds: async (world) => {
      const { host, service } = await brokenServiceIn(world);
      const rollout = await endOf(host, service);
      expect(rollout).toMatchObject({
        kind: 'failed',
        reason: expect.stringMatching(/tasks failed to start.*task [0-9a-f]+: .*exit code 3/) as string,
      });
      await host.changeService(service, { ...service, desiredCount: 0 });
      expect(await endOf(host, { ...service, desiredCount: 0 })).toMatchObject({ kind: 'completed' });
    },
    differs: {
      moto: {
        why: noScheduler,
        instead: async (world) => {
          const { host, service } = await brokenServiceIn(world);
          expect(await host.observeService(service, service)).toMatchObject({ kind: 'in-progress', running: 0 });
        },
      },
    },
  },

  'fails a rollout that somebody else has replaced by another': {
    holds: async (world) => {
      const { host, service, wanted } = await changeRevision(world);
      expect(await host.observeService(service, { ...wanted, taskDefinitionArn: service.taskDefinitionArn })).toEqual({
        kind: 'failed',
        reason: expect.stringContaining(
          `expected deployment of ${service.taskDefinitionArn}, found ${wanted.taskDefinitionArn}`,
        ) as string,
      });
    },
    differs: {
      moto: {
        why: staleDeployment,
        instead: async (world) => {
          const { host, service } = await changeRevision(world);
          expect(await host.observeService(service, service)).toMatchObject({ kind: 'completed' });
        },
      },
    },
  },
};
