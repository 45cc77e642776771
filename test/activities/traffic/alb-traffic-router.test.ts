import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createAlbTrafficRouter } from '../../../activities/traffic/alb-traffic-router.js';
import type { TrafficRouter } from '../../../activities/traffic/traffic-router.js';
import { createTargetGroups, createWeightedRule } from '../../contract/aws-world.js';
import { clientsAt } from '../../contract/local-server.js';
import { type SimulatorWorld, startSimulatorWorld } from '../../contract/simulator.js';

const impatientMs = 300;

let world: SimulatorWorld;
let router: TrafficRouter;
/** For the calls whose answer is lost. */
let impatient: TrafficRouter;

beforeAll(async () => {
  world = await startSimulatorWorld();
  router = createAlbTrafficRouter(world.clients);
  impatient = createAlbTrafficRouter(clientsAt(world.endpoint, { requestTimeoutMs: impatientMs }));
});

afterEach(() => world.forgetCalls());

afterAll(() => world?.stop());

describe('a load balancer that throttles', () => {
  test('is asked again at once', async () => {
    const { change } = await rule();
    await world.armFault({ kind: 'throttle', operation: 'ModifyRule' });
    await router.setWeights(change({ blue: 95, green: 5 }));
    expect(await outcomes('ModifyRule')).toEqual(['Throttling', 'ok']);
  });

  test('is left alone when it goes on, and that is said', async () => {
    const { change } = await rule();
    await world.armFault({ kind: 'throttle', operation: 'ModifyRule', times: 2 });
    await expect(router.setWeights(change({ blue: 95, green: 5 }))).rejects.toMatchObject({
      code: 'aws-throttled',
      message: expect.stringContaining('could not set blue 95, green 5 on rule') as string,
    });
  });
});

describe('an answer that is lost after the effect', () => {
  test('is got by the same write once more, since a whole list written twice is the same rule', async () => {
    const { ruleArn, groups, change } = await rule();
    await world.armFault({ kind: 'timeout-after-effect', operation: 'ModifyRule' });
    await impatient.setWeights(change({ blue: 95, green: 5 }));
    expect(await outcomes('ModifyRule')).toEqual(['no answer', 'ok']);
    expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 95, [groups.green]: 5 });
  });

  test('is called unreachable when it stays away, and the rule tells what became of it', async () => {
    const { ruleArn, groups, change } = await rule();
    await world.armFault({ kind: 'timeout-after-effect', operation: 'ModifyRule', times: 2 });
    await expect(impatient.setWeights(change({ blue: 95, green: 5 }))).rejects.toMatchObject({
      code: 'aws-unreachable',
    });
    expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 95, [groups.green]: 5 });
  });
});

test('a stale read that shows the wanted weights does not keep traffic where it is', async () => {
  const { ruleArn, groups, change } = await rule();
  await router.setWeights(change({ blue: 95, green: 5 }));
  await world.armFault({ kind: 'stale-read', operation: 'DescribeRules' });
  await router.setWeights(change({ blue: 100, green: 0 }));
  expect((await router.readRule(ruleArn)).weights).toEqual({ [groups.blue]: 100, [groups.green]: 0 });
});

test('a rule somebody else changed is not written to', async () => {
  const { ruleArn, groups, change } = await rule();
  const stranger = await createTargetGroups(world);
  await world.clients.elb.modifyRule({
    RuleArn: ruleArn,
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [groups.blue, groups.green, stranger.blue].map((arn) => ({ TargetGroupArn: arn, Weight: 1 })),
        },
      },
    ],
  });
  await world.forgetCalls();
  await expect(router.setWeights(change({ blue: 95, green: 5 }))).rejects.toMatchObject({ code: 'traffic-drift' });
  expect(await outcomes('ModifyRule')).toEqual([]);
});

async function rule() {
  const groups = await createTargetGroups(world);
  const ruleArn = await createWeightedRule(world, groups);
  const change = (weights: { blue: number; green: number }) => ({ ruleArn, targetGroups: groups, weights });
  return { ruleArn, groups, change };
}

async function outcomes(operation: string): Promise<string[]> {
  return (await world.calls(operation)).map(({ outcome }) => outcome);
}
