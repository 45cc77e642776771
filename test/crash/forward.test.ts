import { expect, it } from 'vitest';
import { liveState, releasedOnGreen } from '../support/live-state.js';
import { withShopStack } from '../support/shop-stack.js';
import { dieAtEach } from './die-at-each.js';
import { everyPoint, foremost } from './every-point.js';

const shop = withShopStack({ desiredCount: 2 });

const places = everyPoint(...foremost);

it(
  `ends released when its worker dies at ${places.length} places on its way, one after the other`,
  { timeout: 400_000 },
  async () => {
    const { stack, release, verdict } = shop.current;
    const watch = await dieAtEach(stack, places, () => release('2', { runs: '2', migrates: true }));
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
    await expect.poll(() => liveState(stack)).toEqual(releasedOnGreen(2));
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);
