import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAlbInspection } from '../../../activities/inspection/alb-inspection.js';
import { createTargetGroup, known } from '../../contract/aws-world.js';
import { type SimulatorWorld, startSimulatorWorld } from '../../contract/simulator.js';

let world: SimulatorWorld;
beforeAll(async () => {
  world = await startSimulatorWorld();
});
afterAll(() => world?.stop());

it('reads what a rule matches: header, host and path', async () => {
  const group = await createTargetGroup(world);
  const { Rules } = await world.clients.elb.createRule({
    ListenerArn: world.listenerArn,
    Priority: world.nextPriority(),
    Conditions: [
      { Field: 'host-header', HostHeaderConfig: { Values: ['www.shop.example', '*.shop.example'] } },
      { Field: 'path-pattern', PathPatternConfig: { Values: ['/api/*'] } },
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-test', Values: ['idle'] } },
    ],
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: group, Weight: 1 }] } }],
  });
  const inspection = createAlbInspection(world.clients.elb);
  expect(await inspection.readRule(known(Rules?.[0]?.RuleArn))).toMatchObject({
    listenerArn: world.listenerArn,
    headers: { 'x-test': ['idle'] },
    hosts: ['www.shop.example', '*.shop.example'],
    paths: ['/api/*'],
  });
});
