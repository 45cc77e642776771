import { expect } from 'vitest';

import { type AwsWorld, createTargetGroup } from './aws-world.js';
import type { ContractCase } from './contract-case.js';
import { startLocalServer } from './local-server.js';
import { routerOf, weightedRule } from './traffic-scenario.js';
import { until } from './until.js';

export const targetCases: Readonly<Record<string, ContractCase>> = {
  'reads no targets from an empty target group': {
    holds: async (world) => {
      const { router, groups } = await weightedRule(world);
      expect(await router.readTargets(groups.green)).toEqual([]);
    },
  },

  'sees a target become healthy once it answers its health checks': {
    holds: async (world) => {
      const { router, groups } = await weightedRule(world);
      await withTarget(world, groups.blue, async (target) => {
        const targets = await until(
          () => router.readTargets(groups.blue),
          ([found]) => found?.health === 'healthy',
        );
        expect(targets).toMatchObject([{ ...target, health: 'healthy' }]);
      });
    },
  },

  'says why a target is not healthy yet': {
    holds: async (world) => {
      const { router, groups } = await weightedRule(world);
      await withTarget(
        world,
        groups.blue,
        async (target) => {
          const targets = await until(
            () => router.readTargets(groups.blue),
            ([found]) => found?.health === 'unhealthy',
          );
          expect(targets).toMatchObject([{ ...target, health: 'unhealthy' }]);
          expect(targets[0]?.reason).toMatch(/^Target\.\w+: ./);
        },
        500,
      );
    },
    differs: {
      moto: {
        why: 'which checks no health and calls every target healthy at once',
        instead: async (world) => {
          const { router, groups } = await weightedRule(world);
          await withTarget(
            world,
            groups.blue,
            async () => {
              expect(await router.readTargets(groups.blue)).toMatchObject([{ health: 'healthy' }]);
            },
            500,
          );
        },
      },
    },
  },

  'shows a target draining after it was taken out': {
    holds: async (world) => {
      const { router, groups } = await weightedRule(world);
      await withTarget(world, groups.blue, async ({ address, port }) => {
        await until(
          () => router.readTargets(groups.blue),
          ([found]) => found?.health === 'healthy',
        );
        await takeOut(world, groups.blue, address, port);
        expect(await router.readTargets(groups.blue)).toMatchObject([{ address, port, health: 'draining' }]);
      });
    },
    differs: {
      moto: {
        why: 'which forgets a target at once',
        instead: async (world) => {
          const { router, groups } = await weightedRule(world);
          await withTarget(world, groups.blue, async ({ address, port }) => {
            await takeOut(world, groups.blue, address, port);
            expect(await router.readTargets(groups.blue)).toEqual([]);
          });
        },
      },
    },
  },

  'shows the targets of a group no rule forwards to as unused': {
    holds: async (world) => {
      const group = await createTargetGroup(world);
      await withTarget(world, group, async () => {
        await until(
          () => routerOf(world).readTargets(group),
          ([found]) => found?.health === 'unused',
        );
      });
    },
    differs: {
      moto: {
        why: 'which calls every target healthy, used or not',
        instead: async (world) => {
          const group = await createTargetGroup(world);
          await withTarget(world, group, async () => {
            expect(await routerOf(world).readTargets(group)).toMatchObject([{ health: 'healthy' }]);
          });
        },
      },
    },
  },
};

/** Registers a server that answers every request, health checks too, with `status`; stops it afterwards. */
async function withTarget(
  world: AwsWorld,
  targetGroupArn: string,
  body: (target: { address: string; port: number }) => Promise<void>,
  status = 200,
) {
  const server = await startLocalServer((_, response) => void response.writeHead(status).end());
  try {
    await world.clients.elb.registerTargets({
      TargetGroupArn: targetGroupArn,
      Targets: [{ Id: '127.0.0.1', Port: server.port }],
    });
    await body({ address: '127.0.0.1', port: server.port });
  } finally {
    server.close();
  }
}

async function takeOut({ clients }: AwsWorld, targetGroupArn: string, address: string, port: number) {
  await clients.elb.deregisterTargets({ TargetGroupArn: targetGroupArn, Targets: [{ Id: address, Port: port }] });
}
