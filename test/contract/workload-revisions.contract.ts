import { expect } from 'vitest';

import type { ContractCase } from './contract-case.js';
import { known, uniqueName } from './aws-world.js';
import { barest, liveServiceIn, registerTwice, releaseIn } from './workload-scenario.js';

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

  'changes the named container of the live task definition, and nothing else of it': {
    holds: async (world) => {
      const { host, spec, definition } = await liveServiceIn(world);
      const image = `${world.image.slice(0, -1)}7`;
      const revision = await host.registerRevision({ ...spec, image, container: barest(world) });
      const { taskDefinition, tags } = await world.clients.ecs.describeTaskDefinition({
        taskDefinition: revision,
        include: ['TAGS'],
      });
      const [own, ...others] = definition.containerDefinitions ?? [];
      const changed = { ...own, image };
      const { taskDefinitionArn, revision: number, registeredAt } = known(taskDefinition);
      expect(taskDefinition).toEqual({
        ...definition,
        ...{ taskDefinitionArn, revision: number, registeredAt },
        containerDefinitions: [changed, ...others],
      });
      expect(taskDefinition?.runtimePlatform).toEqual({ cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' });
      expect(taskDefinition?.containerDefinitions?.map(({ name }) => name)).toEqual([spec.container.name, 'proxy']);
      expect(taskDefinitionArn).not.toBe(definition.taskDefinitionArn);
      expect(tags).toEqual([
        { key: 'team', value: 'checkout' },
        { key: 'sluice:release', value: spec.releaseTag },
      ]);
      expect(await host.findRevision(spec)).toBe(revision);
    },
  },

  'states of the live container what the manifest states': {
    holds: async (world) => {
      const { host, spec } = await liveServiceIn(world);
      const stated = {
        ...barest(world),
        port: 9090,
        environment: { TOKEN: 'none' },
        taskRoleArn: 'arn:aws:iam::123456789012:role/other',
        stopTimeoutSeconds: 5,
      };
      const revision = await host.registerRevision({ ...spec, container: stated });
      const { taskDefinition } = await world.clients.ecs.describeTaskDefinition({ taskDefinition: revision });
      const [container] = taskDefinition?.containerDefinitions ?? [];
      expect(container).toMatchObject({ environment: [{ name: 'TOKEN', value: 'none' }], stopTimeout: 5 });
      expect(container?.secrets ?? []).toEqual([]);
      expect(container?.portMappings?.map(({ containerPort }) => containerPort)).toEqual([spec.container.port, 9090]);
      expect(taskDefinition).toMatchObject({
        taskRoleArn: stated.taskRoleArn,
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
      });
    },
  },

  'refuses a container that the live task definition does not have': {
    holds: async (world) => {
      const { host, spec, definition } = await liveServiceIn(world);
      const container = { ...barest(world), name: 'web' };
      await expect(host.registerRevision({ ...spec, container })).rejects.toMatchObject({
        code: 'plan-refused',
        message: `expected container web in ${known(definition.taskDefinitionArn)}, found ${spec.container.name}, proxy; correct workload.container.name`,
      });
      expect(await host.findRevision(spec)).toBeUndefined();
    },
  },

  'counts the manifest alone where no service is live': {
    holds: async (world) => {
      const { host, cluster, spec } = await releaseIn(world);
      const template = { cluster, service: uniqueName('nobody') };
      const revision = await host.registerRevision({ ...spec, template });
      const { taskDefinition } = await world.clients.ecs.describeTaskDefinition({ taskDefinition: revision });
      expect(taskDefinition).toMatchObject({ requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc' });
    },
  },
};
