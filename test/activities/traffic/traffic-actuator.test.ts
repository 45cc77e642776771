import { describe, expect, it } from 'vitest';
import type { Platform } from '../../../activities/platform.js';
import { createTrafficActuator, readWeights } from '../../../activities/traffic/traffic-actuator.js';
import type { TargetHealth, TrafficRouter, WeightChange } from '../../../activities/traffic/traffic-router.js';
import type { TrafficChange } from '../../../domain/effect.js';
import { ReleaseError } from '../../../domain/failure.js';
import type { ReleaseRequest } from '../../../domain/release-request.js';
import { createTargetGroup } from '../../contract/aws-world.js';
import { forwardTo } from '../../contract/traffic-scenario.js';
import { withAccount } from '../account.js';
import { platformOn } from '../platform-on.js';
import { sceneIn } from '../release-scene.js';
import { standIn } from '../running-services.js';

const account = withAccount();

const change: TrafficChange = {
  kind: 'traffic',
  rule: 'production',
  ruleArn: 'rule',
  targetGroups: { blue: 'tg-blue', green: 'tg-green' },
  state: { blue: 75, green: 25 },
  minHealthy: { blue: 1, green: 2 },
};

const actuatorOn = (router: TrafficRouter) =>
  createTrafficActuator({
    platformOf: () => ({ router }) as Platform,
    readRequest: () => Promise.resolve({} as ReleaseRequest),
  });

/** A rule in memory, whose target groups have targets of these healths. */
function routed(targets: Readonly<Record<string, readonly TargetHealth[]>>) {
  const calls: string[] = [];
  const written: WeightChange[] = [];
  const notAsked = () => Promise.reject(new Error('nobody asked for the rule'));
  const router: TrafficRouter = {
    readRule: notAsked,
    findRule: notAsked,
    readTargets(arn) {
      calls.push(`read ${arn}`);
      return Promise.resolve((targets[arn] ?? []).map((health, at) => ({ address: `10.0.0.${at}`, port: 80, health })));
    },
    setWeights(wanted) {
      calls.push('write');
      return Promise.resolve(void written.push(wanted));
    },
  };
  const act = (changes: Partial<TrafficChange> = {}, fenced = false) =>
    actuatorOn(router).act(
      { ...change, ...changes },
      { blue: 100, green: 0 },
      {
        release: { lane: { environment: 'test', service: 'shop' }, version: '2' },
        generation: 1,
        signal: new AbortController().signal,
        onProgress: () => {},
        fence() {
          calls.push('fence');
          return fenced ? Promise.reject(new ReleaseError('fenced', 'a later generation is on')) : Promise.resolve();
        },
      },
    );
  return { act, calls, written };
}

const twoEach = { 'tg-blue': ['healthy', 'healthy'], 'tg-green': ['healthy', 'healthy'] } as const;

describe('changing a rule', () => {
  it('looks at the targets first and at the generation last', async () => {
    const { act, calls, written } = routed(twoEach);
    await act();
    expect(calls).toEqual(['read tg-blue', 'read tg-green', 'fence', 'write']);
    const { ruleArn, targetGroups, state: weights } = change;
    expect(written).toEqual([{ ruleArn, targetGroups, weights }]);
  });

  it('is left to the later generation', async () => {
    const { act, written } = routed(twoEach);
    await expect(act({}, true)).rejects.toMatchObject({ code: 'fenced' });
    expect(written).toEqual([]);
  });

  it.each(['initial', 'unhealthy', 'unused', 'draining', 'unavailable'] as const)(
    'is refused while a target that is needed is %s',
    async (health) => {
      const { act, calls } = routed({ ...twoEach, 'tg-green': ['healthy', health] });
      await expect(act()).rejects.toMatchObject({
        code: 'colour-not-ready',
        message:
          'green needs 2 healthy targets before the rule becomes blue 75, green 25; ' +
          `it has 1 (10.0.0.0:80 healthy, 10.0.0.1:80 ${health})`,
      });
      expect(calls).not.toContain('write');
    },
  );

  it('asks each colour that gets weight for its own number of targets', async () => {
    const { act, written } = routed({ 'tg-green': ['healthy', 'healthy', 'healthy'] });
    await expect(act()).rejects.toMatchObject({
      code: 'colour-not-ready',
      message: expect.stringMatching(/^blue needs 1 .* it has 0 \(no targets\)$/) as string,
    });
    await act({ state: { blue: 0, green: 100 } });
    await act({ minHealthy: { blue: 0, green: 3 } });
    const tooMany = act({ minHealthy: { blue: 0, green: 4 } });
    await expect(tooMany).rejects.toThrow(/^green needs 4 .* it has 3/);
    expect(written).toHaveLength(2);
  });

  it('is never saved by a look, which may have been a stale one', () => {
    expect(actuatorOn({} as TrafficRouter).repeatable).toBe(true);
  });
});

describe('a rule at the load balancer', () => {
  it('gets weight on a colour once that has the healthy targets it needs', async () => {
    const scene = await sceneIn(account);
    const actuator = actuatorOn(platformOn(account.aws.clients).router);
    const context = {
      release: scene.release,
      generation: 1,
      signal: new AbortController().signal,
      onProgress: () => {},
      fence: () => Promise.resolve(),
    };
    const ours: TrafficChange = { ...change, ruleArn: scene.rules.production, targetGroups: scene.groups };
    const act = async () => actuator.act(ours, await actuator.observe(ours, context), context);
    await standIn(account, scene.groups.blue);
    await standIn(account, scene.groups.green);
    await expect(act()).rejects.toMatchObject({ code: 'colour-not-ready' });
    await standIn(account, scene.groups.green, 2);
    await act();
    expect(await actuator.observe(ours, context)).toEqual({ blue: 75, green: 25 });
  });

  it('is drift as soon as it forwards to anything but both colours', async () => {
    const scene = await sceneIn(account);
    const { router } = platformOn(account.aws.clients);
    const read = () => readWeights(router, { ruleArn: scene.rules.production, targetGroups: scene.groups });
    expect(await read()).toEqual({ blue: 100, green: 0 });
    const { blue, green } = scene.groups;
    const foreign = await createTargetGroup(account.aws);
    for (const [groups, found] of [
      [[blue], 'blue 1, green not there'],
      [[blue, foreign], `blue 1, green not there, ${foreign} 1 (neither blue nor green)`],
      [[blue, green, foreign], `blue 1, green 1, ${foreign} 1 (neither blue nor green)`],
    ] as const) {
      await forwardTo(account.aws, scene.rules.production, groups);
      await expect(read()).rejects.toMatchObject({
        code: 'traffic-drift',
        message: `expected the rule to forward to blue and green alone, found ${found}: somebody else has changed it`,
      });
    }
    await account.aws.clients.elb.modifyRule({
      RuleArn: scene.rules.production,
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    });
    await expect(read()).rejects.toThrow(/found blue not there, green not there: /);
  });
});
