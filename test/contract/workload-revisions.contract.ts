import { expect } from 'vitest';

import type { ContractCase } from './contract-case.js';
import { uniqueName } from './aws-world.js';
import { registerTwice, releaseIn } from './workload-scenario.js';

export const revisionCases: Readonly<Record<string, ContractCase>> = {
  'finds no revision of a release that has registered none': {
    holds: async (world) => {
      const { host, spec } = await releaseIn(world);
      await host.registerRevision({ ...spec, releaseTag: 'shop-1' });
      expect(await host.findRevision({ family: spec.family, releaseTag: 'shop-2' })).toBeUndefined();
      expect(await host.findRevision({ family: uniqueName('other'), releaseTag: 'shop-1' })).toBeUndefined();
    },
  },

  'finds the revision of a release by its tag': {
    holds: async (world) => {
      const { host, spec } = await releaseIn(world);
      const first = await host.registerRevision({ ...spec, releaseTag: 'shop-1' });
      const second = await host.registerRevision({ ...spec, releaseTag: 'shop-2' });
      expect(first).not.toBe(second);
      expect(await host.findRevision({ family: spec.family, releaseTag: 'shop-1' })).toBe(first);
      expect(await host.findRevision({ family: spec.family, releaseTag: 'shop-2' })).toBe(second);
    },
  },

  'finds the newest of two revisions with the same tag': {
    holds: async (world) => {
      const { newest, found } = await registerTwice(world);
      expect(found).toBe(newest);
    },
    differs: {
      moto: {
        why: 'which lists task definitions oldest first whatever order is asked for',
        instead: async (world) => {
          const { oldest, found } = await registerTwice(world);
          expect(found).toBe(oldest);
        },
      },
    },
  },

  'registers image, size, variables, secrets and stop timeout as they were asked for': {
    holds: async (world) => {
      const { host, spec } = await releaseIn(world);
      const secrets = { DATABASE_URL: 'arn:aws:ssm:us-east-1:123456789012:parameter/shop/url' };
      const revision = await host.registerRevision({ ...spec, container: { ...spec.container, secrets } });
      const { taskDefinition } = await world.clients.ecs.describeTaskDefinition({ taskDefinition: revision });
      expect(taskDefinition).toMatchObject({
        cpu: spec.container.cpu,
        memory: spec.container.memory,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [
          {
            name: spec.container.name,
            image: spec.image,
            essential: true,
            portMappings: [{ containerPort: spec.container.port }],
            environment: [{ name: 'GREETING', value: 'hello' }],
            secrets: [{ name: 'DATABASE_URL', valueFrom: secrets.DATABASE_URL }],
            stopTimeout: spec.container.stopTimeoutSeconds,
          },
        ],
      });
    },
  },
};
