import { expect } from 'vitest';

import { createTargetGroup, createTargetGroups, known } from './aws-world.js';
import type { ContractCase } from './contract-case.js';
import { describeRule, forwardTo, routerOf, weightedRule } from './traffic-scenario.js';
import { targetCases } from './traffic-targets.contract.js';

export const trafficRouterCases: Readonly<Record<string, ContractCase>> = {
  ...targetCases,

  'reads the weights and the stickiness of a rule': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      expect(await router.readRule(ruleArn)).toEqual({
        weights: { [groups.blue]: 100, [groups.green]: 0 },
        stickinessSeconds: 60,
      });
    },
  },

  'sets both weights in one change': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      await router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 95, green: 5 } });
      expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 95, [groups.green]: 5 });
      await router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 0, green: 100 } });
      expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 0, [groups.green]: 100 });
    },
  },

  'keeps everything else of the rule, also when the same weights are set again': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      const before = await describeRule(world, ruleArn);
      const change = { ruleArn, targetGroups: groups, weights: { blue: 90, green: 10 } };
      await router.setWeights(change);
      await router.setWeights(change);
      const after = await describeRule(world, ruleArn);
      expect(after).toMatchObject({ Conditions: before.Conditions, Priority: before.Priority });
      expect(after.Actions?.map(({ Type, Order }) => ({ Type, Order }))).toEqual(
        before.Actions?.map(({ Type, Order }) => ({ Type, Order })),
      );
      expect(after.Actions?.[0]?.ForwardConfig?.TargetGroupStickinessConfig).toEqual(
        before.Actions?.[0]?.ForwardConfig?.TargetGroupStickinessConfig,
      );
    },
  },

  'sets the weights of a listener’s default rule too': {
    holds: async (world) => {
      const router = routerOf(world);
      const groups = await createTargetGroups(world);
      await world.clients.elb.modifyListener({
        ListenerArn: world.listenerArn,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: groups.blue, Weight: 100 },
                { TargetGroupArn: groups.green, Weight: 0 },
              ],
            },
          },
        ],
      });
      const { Rules } = await world.clients.elb.describeRules({ ListenerArn: world.listenerArn });
      const ruleArn = known(Rules?.find((rule) => rule.IsDefault)?.RuleArn);
      await router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 50, green: 50 } });
      expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 50, [groups.green]: 50 });
    },
  },

  'refuses a rule that forwards to another target group, and leaves it as it is': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      const stranger = await createTargetGroup(world);
      await forwardTo(world, ruleArn, [groups.blue, stranger]);
      await expect(
        router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 95, green: 5 } }),
      ).rejects.toMatchObject({ code: 'traffic-drift', message: expect.stringContaining(stranger) as string });
      expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 1, [stranger]: 1 });
    },
  },

  'refuses a rule that has lost one of the two': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      await forwardTo(world, ruleArn, [groups.green]);
      await expect(
        router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 95, green: 5 } }),
      ).rejects.toMatchObject({ code: 'traffic-drift' });
      expect(Object.keys((await router.readRule(ruleArn)).weights)).toEqual([groups.green]);
    },
  },

  'reads no weights from a rule that answers by itself, and refuses to give it some': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      await world.clients.elb.modifyRule({
        RuleArn: ruleArn,
        Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
      });
      expect(await router.readRule(ruleArn)).toEqual({ weights: {}, stickinessSeconds: 0 });
      await expect(
        router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 95, green: 5 } }),
      ).rejects.toMatchObject({ code: 'traffic-drift' });
    },
  },

  'refuses a weight the load balancer does not know': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      await expect(
        router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 1_000, green: 0 } }),
      ).rejects.toMatchObject({ code: 'aws-refused' });
    },
    differs: {
      moto: {
        why: 'which takes any weight',
        instead: async (world) => {
          const { router, ruleArn, groups } = await weightedRule(world);
          await router.setWeights({ ruleArn, targetGroups: groups, weights: { blue: 1_000, green: 0 } });
          expect((await router.readRule(ruleArn)).weights[groups.blue]).toBe(1_000);
        },
      },
    },
  },

  'refuses rules and target groups that do not exist': {
    holds: async (world) => {
      const { router, ruleArn, groups } = await weightedRule(world);
      const lostRule = ruleArn.replace(/[^/]+$/, '0123456789abcdef');
      await expect(router.readRule(lostRule)).rejects.toMatchObject({
        code: 'aws-refused',
        message: expect.stringContaining('RuleNotFound') as string,
      });
      expect(await router.findRule(lostRule)).toBeNull();
      expect(await router.findRule(ruleArn)).toEqual(await router.readRule(ruleArn));
      const lostGroup = groups.blue.replace(/[^/]+$/, '0123456789abcdef');
      await expect(router.readTargets(lostGroup)).rejects.toMatchObject({
        code: 'aws-refused',
        message: expect.stringContaining('TargetGroupNotFound') as string,
      });
    },
  },
};
