import { expect, it } from 'vitest';
import { backOnBlue, liveState } from '../support/live-state.js';
import { withShopStack } from '../support/shop-stack.js';
import { dieAtEach } from './die-at-each.js';
import { everyPoint } from './every-point.js';

const shop = withShopStack({ desiredCount: 2 });

const places = everyPoint('undo/shift/20', 'undo/deploy', 'undo/expand');

it(
  `ends rolled back when its worker dies at ${places.length} places on the way back, one after the other`,
  { timeout: 400_000 },
  async () => {
    const { stack, release, sluice, verdict } = shop.current;
    const watch = await dieAtEach(stack, places, async () => {
      const going = await release('2', { runs: '2', migrates: true, bake: '60s' });
      await going.until('the bake', ({ step }) => step.startsWith('bake'));
      expect(await sluice('abort', 'demo/shop/2', '--reason', 'to see it go back')).toMatchObject({ exitCode: 0 });
      return going;
    });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    await expect.poll(() => liveState(stack)).toEqual(backOnBlue(2));
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);
