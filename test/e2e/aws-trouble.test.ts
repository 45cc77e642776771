import { describe, expect } from 'vitest';
import { refOf, withShopStack } from '../support/shop-stack.js';
import { withLiveRule } from '../support/live-rule.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('releases while AWS is in trouble');

// What AWS does to everybody now and then, done to every changing call of a release, with shoppers in the shop.

const shop = withShopStack();

interface Fault {
  readonly operation: string;
  readonly kind: 'throttle' | 'error' | 'timeout-after-effect' | 'timeout-before-effect' | 'stale-read';
  readonly times: number;
}

async function switchOn(...faults: readonly Fault[]): Promise<void> {
  const { endpoint } = shop.current.stack.simulator.ready;
  for (const fault of faults) {
    const body = JSON.stringify(fault);
    const response = await fetch(`${endpoint}/_simulator/faults`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`the simulator refused the fault ${body}: ${await response.text()}`);
  }
}

const changing = ['RegisterTaskDefinition', 'CreateService', 'UpdateService', 'ModifyRule'];
const reading = ['DescribeRules', 'DescribeServices', 'DescribeTargetHealth'];

describe('a release', () => {
  it(
    'is done once when the reply to every changing call is lost after it took effect',
    { timeout: 120_000 },
    async () => {
      await switchOn(...changing.map((operation) => ({ operation, kind: 'timeout-after-effect', times: 1 }) as const));
      const watch = await shop.current.release('lost-replies');
      expect(await watch.ended()).toMatchObject({ outcome: 'released' });
      expect(watch.status()?.weights).toEqual({ blue: 0, green: 100 });
    },
  );

  it('goes through throttling, server errors and stale answers', { timeout: 120_000 }, async () => {
    await switchOn(
      ...changing.map((operation) => ({ operation, kind: 'throttle', times: 3 }) as const),
      ...changing.map((operation) => ({ operation, kind: 'error', times: 2 }) as const),
      ...reading.map((operation) => ({ operation, kind: 'stale-read', times: 2 }) as const),
    );
    const watch = await shop.current.release('throttled');
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
  });

  it('goes back although the reply to the change of the rule is lost', { timeout: 120_000 }, async () => {
    const { release, sluice, stack } = shop.current;
    const watch = await release('lost-undo', { bake: '60s' });
    await watch.until('the bake', ({ step }) => step.startsWith('bake'));
    await switchOn(
      { operation: 'ModifyRule', kind: 'timeout-after-effect', times: 1 },
      { operation: 'UpdateService', kind: 'throttle', times: 3 },
    );
    await sluice('abort', `demo/shop/${refOf('lost-undo').version}`, '--reason', 'while AWS is in trouble');
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });
    expect(await withLiveRule(stack, (rule) => rule.weights())).toEqual({ blue: 100, green: 0 });
  });
});

describe('all the while', () => {
  it('no shopper has noticed', async () => {
    expect(await shop.current.verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  });
});
