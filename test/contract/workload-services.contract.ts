import { randomUUID } from 'node:crypto';

import { expect } from 'vitest';

import type { ContractCase } from './contract-case.js';
import { uniqueName } from './aws-world.js';
import {
  changeRevision,
  createLike,
  createOverAnother,
  createdService,
  deploymentIdOf,
  describe,
  releaseIn,
  serviceIn,
  staleDeployment,
} from './workload-scenario.js';

export const serviceCases: Readonly<Record<string, ContractCase>> = {
  'reads a service that does not exist as none': {
    holds: async (world) => {
      const { host, cluster } = await releaseIn(world);
      const nobody = { cluster, service: uniqueName('nobody') };
      expect(await host.readService(nobody)).toBeNull();
      expect(await host.findService(nobody)).toBeNull();
    },
  },

  'creates a service at its size, behind its target group, in its network': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 2 });
      await host.createService(service);
      expect(await host.readService(service)).toEqual({
        taskDefinitionArn: service.taskDefinitionArn,
        desiredCount: 2,
      });
      expect(await host.findService(service)).toEqual({
        targetGroups: [service.targetGroupArn],
        desiredCount: 2,
      });
      expect(await describe(world, service)).toMatchObject({
        launchType: 'FARGATE',
        loadBalancers: [
          {
            targetGroupArn: service.targetGroupArn,
            containerName: service.container.name,
            containerPort: service.container.port,
          },
        ],
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: service.container.subnets,
            securityGroups: service.container.securityGroups,
            assignPublicIp: 'DISABLED',
          },
        },
      });
    },
  },

  'creates a service like the live one, behind its own target group': {
    holds: async (world) => {
      const { created, made, service } = await createLike(world);
      expect(created).toMatchObject({
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }],
        platformVersion: '1.4.0',
        enableExecuteCommand: true,
        enableECSManagedTags: true,
        propagateTags: 'SERVICE',
        healthCheckGracePeriodSeconds: 45,
        tags: [{ key: 'cost-centre', value: '42' }],
        loadBalancers: [{ targetGroupArn: service.targetGroupArn }],
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: service.container.subnets,
            securityGroups: made.networkConfiguration?.awsvpcConfiguration?.securityGroups,
            assignPublicIp: 'ENABLED',
          },
        },
      });
      expect(created.launchType).toBeUndefined();
    },
    differs: {
      moto: {
        why: 'which drops capacity providers, the grace of health checks, and the switches of exec and managed tags',
        instead: async (world) => {
          const { created, service } = await createLike(world);
          expect(created).toMatchObject({
            platformVersion: '1.4.0',
            propagateTags: 'SERVICE',
            tags: [{ key: 'cost-centre', value: '42' }],
            networkConfiguration: {
              awsvpcConfiguration: { subnets: service.container.subnets, assignPublicIp: 'ENABLED' },
            },
          });
          expect(created).not.toHaveProperty('capacityProviderStrategy');
          expect(created).not.toHaveProperty('healthCheckGracePeriodSeconds');
          expect(created).not.toHaveProperty('enableExecuteCommand');
          expect(created).not.toHaveProperty('enableECSManagedTags');
        },
      },
    },
  },

  'gives its tasks the tags of their revision': {
    holds: async (world) => {
      expect((await createdService(world)).propagateTags).toBe('TASK_DEFINITION');
    },
  },

  'lets the circuit breaker stop a bad deployment and leaves the way back to the ledger': {
    holds: async (world) => {
      const { deploymentConfiguration } = await createdService(world);
      expect(deploymentConfiguration?.deploymentCircuitBreaker).toEqual({ enable: true, rollback: false });
    },
    differs: {
      moto: {
        why: 'which drops the deployment configuration',
        instead: async (world) => {
          expect((await createdService(world)).deploymentConfiguration).toBeUndefined();
        },
      },
    },
  },

  'creates one service however often the same creation is asked for': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 0 });
      await host.createService(service);
      const first = await deploymentIdOf(world, service);
      await host.createService(service);
      expect(await deploymentIdOf(world, service)).toBe(first);
    },
    differs: {
      moto: {
        why: 'which ignores the client token and puts a new service over the old one',
        instead: async (world) => {
          const { host, service } = await serviceIn(world, { desiredCount: 0 });
          await host.createService(service);
          const first = await deploymentIdOf(world, service);
          await host.createService(service);
          expect(await deploymentIdOf(world, service)).not.toBe(first);
        },
      },
    },
  },

  'takes a service that already is what was asked for, whoever made it': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 0 });
      await host.createService(service);
      await host.createService({ ...service, token: randomUUID() });
      expect(await host.readService(service)).toMatchObject({ desiredCount: 0 });
    },
  },

  'refuses to create a service over another one': {
    holds: async (world) => {
      const { host, service, creation } = await createOverAnother(world);
      await expect(creation).rejects.toMatchObject({
        code: 'aws-refused',
        message: expect.stringContaining(`found ${service.taskDefinitionArn} × 0`) as string,
      });
      expect(await host.readService(service)).toMatchObject({ taskDefinitionArn: service.taskDefinitionArn });
    },
    differs: {
      moto: {
        why: 'which puts the new service over the old one without a word',
        instead: async (world) => {
          const { host, service, creation } = await createOverAnother(world);
          await creation;
          expect(await host.readService(service)).not.toMatchObject({ taskDefinitionArn: service.taskDefinitionArn });
        },
      },
    },
  },

  'changes the size of a service, and does nothing when it is so already': {
    holds: async (world) => {
      const { host, service } = await serviceIn(world, { desiredCount: 0 });
      const { taskDefinitionArn } = service;
      await host.createService(service);
      const first = await deploymentIdOf(world, service);
      await host.changeService(service, { taskDefinitionArn, desiredCount: 1 });
      await host.changeService(service, { taskDefinitionArn, desiredCount: 1 });
      expect(await host.readService(service)).toEqual({ taskDefinitionArn, desiredCount: 1 });
      expect(await deploymentIdOf(world, service)).toBe(first);
    },
  },

  'changes the revision of a service': {
    holds: async (world) => {
      const { host, service, wanted } = await changeRevision(world);
      expect(await host.readService(service)).toEqual(wanted);
    },
    differs: {
      moto: {
        why: staleDeployment,
        instead: async (world) => {
          const { host, service, wanted } = await changeRevision(world);
          expect((await describe(world, service)).taskDefinition).toBe(wanted.taskDefinitionArn);
          expect(await host.readService(service)).toMatchObject({ taskDefinitionArn: service.taskDefinitionArn });
        },
      },
    },
  },

  'refuses what names a cluster or service that does not exist': {
    holds: async (world) => {
      const { host, cluster, spec } = await releaseIn(world);
      const state = { taskDefinitionArn: await host.registerRevision(spec), desiredCount: 1 };
      const lost = { cluster: uniqueName('nowhere'), service: 'shop' };
      await expect(host.readService(lost)).rejects.toMatchObject({ code: 'aws-refused' });
      const nobody = { cluster, service: uniqueName('nobody') };
      await expect(host.changeService(nobody, state)).rejects.toMatchObject({
        code: 'aws-refused',
        message: expect.stringContaining('ServiceNotFoundException') as string,
      });
    },
  },
};
