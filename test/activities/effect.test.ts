import { noopMetricMeter } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActContext, Actuators } from '../../activities/actuator.js';
import { createEffectMeter } from '../../activities/effect-meter.js';
import { type EffectTools, applyEffect } from '../../activities/effect.js';
import { type PgLedger, openLedger } from '../../activities/ledger/pg-ledger.js';
import { type CrashPoint, type TrafficChange, crashPoints } from '../../domain/effect.js';
import { type Weights, sameWeights, weightsFor } from '../../domain/traffic.js';
import { freshDatabase } from '../support/postgres.js';

// The ledger is real; the world is one rule in memory that can lose replies, answer stale, and die.

let ledger: PgLedger;
let count = 0;

beforeAll(async () => {
  ledger = await openLedger(await freshDatabase('effect'));
});
afterAll(() => ledger.close());

class Died extends Error {}

function rule() {
  return {
    weights: weightsFor('green', 0),
    acts: 0,
    stale: 0,
    staleAs: undefined as Weights | undefined,
    loseReply: false,
    repeatable: false,
    deaf: false,
    dieAt: undefined as CrashPoint | undefined,
  };
}

let world = rule();
let context: ActContext;

beforeEach(async () => {
  world = rule();
  const release = { lane: { environment: 'test', service: `effect-${++count}` }, version: '1' };
  await ledger.register({ ...release, manifestHash: 'a', submission: { manifest: {}, migrations: [] }, actor: 'ci' });
  const generation = await ledger.takeGeneration(release.lane);
  context = { release, generation, signal: new AbortController().signal, onProgress: () => undefined };
});

function tools(): EffectTools {
  let before = world.weights;
  const traffic: Actuators['traffic'] = {
    repeatable: world.repeatable,
    observe() {
      if (world.stale > 0) {
        world.stale--;
        return Promise.resolve(world.staleAs ?? before);
      }
      return Promise.resolve(world.weights);
    },
    holds: sameWeights,
    act(change) {
      before = world.weights;
      if (!world.deaf) world.weights = change.state;
      world.acts++;
      return world.loseReply ? Promise.reject(new Error('no reply')) : Promise.resolve();
    },
  };
  const crash = (_: string, point: CrashPoint) => {
    if (point === world.dieAt) throw new Died(point);
  };
  const meter = createEffectMeter(noopMetricMeter);
  return { ledger, actuators: { traffic } as unknown as Actuators, crash, meter };
}

function shift(percent: number): TrafficChange {
  return {
    kind: 'traffic',
    rule: 'production',
    ruleArn: 'rule',
    targetGroups: { blue: 'b', green: 'g' },
    state: weightsFor('green', percent),
    minHealthy: { blue: 1, green: 1 },
  };
}

const apply = (percent: number, believed?: Weights) =>
  applyEffect(
    tools(),
    { name: `shift/${percent}`, change: shift(percent), ...(believed === undefined ? {} : { believed }) },
    context,
  );
const recorded = (percent: number) => ledger.findEffect(context.release, `shift/${percent}`);

describe('an effect', () => {
  it('is in the ledger with what was found before it', async () => {
    await apply(5);
    expect(await recorded(5)).toMatchObject({ status: 'done', before: { state: { blue: 100, green: 0 } } });
    expect(world).toMatchObject({ weights: { blue: 95, green: 5 }, acts: 1 });
  });

  it('done twice is done once', async () => {
    await apply(5);
    await apply(5);
    expect(world.acts).toBe(1);
  });

  it.each(crashPoints)(
    'that died at %s is finished by the next attempt, acts once, and knows the first state',
    async (point) => {
      world.dieAt = point;
      await expect(apply(5)).rejects.toThrow(Died);
      world.dieAt = undefined;
      await apply(5);
      expect(await recorded(5)).toMatchObject({ status: 'done', before: { state: { blue: 100, green: 0 } } });
      expect(world).toMatchObject({ weights: { blue: 95, green: 5 }, acts: 1 });
    },
  );

  it('whose reply was lost is found done, not done again', async () => {
    world.loseReply = true;
    await expect(apply(5)).rejects.toThrow('no reply');
    await apply(5);
    expect(world.acts).toBe(1);
    expect(await recorded(5)).toMatchObject({ status: 'done' });
  });

  it('waits out a platform that answers from a stale copy', async () => {
    const stale = tools();
    const { act } = stale.actuators.traffic;
    const actuators = {
      ...stale.actuators,
      traffic: {
        ...stale.actuators.traffic,
        act: async (...args: Parameters<typeof act>) => {
          await act(...args);
          world.stale = 2;
        },
      },
    };
    await applyEffect({ ...stale, actuators }, { name: 'shift/5', change: shift(5) }, context);
    expect(await recorded(5)).toMatchObject({ status: 'done' });
    expect(world.acts).toBe(1);
  });

  it('that acted is an intent until it has been read back', async () => {
    world.dieAt = 'after-act';
    await expect(apply(5)).rejects.toThrow(Died);
    expect(await recorded(5)).toMatchObject({ status: 'intent' });
  });

  it('that the platform accepted and did not do is not done', async () => {
    world.deaf = true;
    await expect(apply(5)).rejects.toMatchObject({
      code: 'not-in-effect',
      message: 'wanted blue 95, green 5, read back blue 100, green 0 10 times',
    });
    expect(await recorded(5)).toMatchObject({ status: 'intent' });
  });

  it('of an older generation does not act', async () => {
    await ledger.takeGeneration(context.release.lane);
    await expect(apply(5)).rejects.toMatchObject({ code: 'fenced' });
    expect(world.acts).toBe(0);
  });

  it('is ordered again where that changes nothing, rather than believed done on a stale answer', async () => {
    world.repeatable = true;
    world.weights = weightsFor('green', 5);
    await apply(5);
    expect(world.acts).toBe(1);
  });

  it('does not take a stale answer for drift', async () => {
    await apply(5, weightsFor('green', 0));
    world.staleAs = weightsFor('green', 0);
    world.stale = 2;
    await apply(25, weightsFor('green', 5));
    expect(world).toMatchObject({ weights: { blue: 75, green: 25 } });
  });

  it('halts on drift, acts on nothing and leaves no intent, so that the way back does not touch what it never changed', async () => {
    world.weights = { blue: 80, green: 20 };
    await expect(apply(5, weightsFor('green', 0))).rejects.toMatchObject({
      code: 'traffic-drift',
      message: 'expected blue 100, green 0, found blue 80, green 20: somebody else has changed it',
    });
    expect(world.acts).toBe(0);
    expect(await recorded(5)).toBeUndefined();
  });

  it('that died before it acted does not overwrite what somebody has set since', async () => {
    world.dieAt = 'after-intent';
    await expect(apply(5, weightsFor('green', 0))).rejects.toThrow(Died);
    world.dieAt = undefined;
    world.weights = { blue: 60, green: 40 };
    await expect(apply(5, weightsFor('green', 0))).rejects.toMatchObject({ code: 'traffic-drift' });
    expect(world.acts).toBe(0);
  });

  it('that was done and has been changed by somebody since halts instead of doing it again', async () => {
    await apply(5, weightsFor('green', 0));
    world.weights = { blue: 80, green: 20 };
    await expect(apply(5, weightsFor('green', 0))).rejects.toMatchObject({ code: 'traffic-drift' });
    expect(world.acts).toBe(1);
  });
});
