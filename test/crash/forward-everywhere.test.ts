import { expect, it } from 'vitest';
import { withEverything } from '../support/everything.js';
import { effectsOf, liveState, releasedOnGreen } from '../support/live-state.js';
import { withShopStack } from '../support/shop-stack.js';
import { dieAtEach } from './die-at-each.js';
import { everyPoint, foremost, lesser } from './every-point.js';

const shop = withShopStack();

const places = everyPoint(...lesser);

it.runIf(withEverything('the deaths of a worker in the lesser steps of a release'))(
  `ends released when its worker dies at ${places.length} more places on its way, one after the other`,
  { timeout: 400_000 },
  async () => {
    const { stack, release, verdict } = shop.current;
    const watch = await dieAtEach(stack, places, () => release('2', { runs: '2', migrates: true }));
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
    await expect.poll(() => liveState(stack)).toEqual(releasedOnGreen(1));
    // An effect that nobody has listed is one whose deaths nobody has tried.
    expect((await effectsOf(stack, '2')).toSorted()).toEqual([...foremost, ...lesser].toSorted());
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);
