import { expect, it } from 'vitest';
import { withEverything } from '../support/everything.js';
import { backOnBlue, liveState } from '../support/live-state.js';
import { withShopStack } from '../support/shop-stack.js';
import { dieAtEach } from './die-at-each.js';
import { everyPoint } from './every-point.js';

const shop = withShopStack();

const places = everyPoint('undo/retire', 'undo/cut-over', 'undo/provision/test-rule');

it.runIf(withEverything('the deaths of a worker on the way back from the last step'))(
  `ends rolled back when its worker dies at ${places.length} places on the way back from the last step that has one`,
  { timeout: 400_000 },
  async () => {
    const { stack, release, sluice, verdict } = shop.current;
    const watch = await dieAtEach(stack, places, async () => {
      const going = await release('2', { runs: '2', migrates: true, contractApproval: 'required' });
      // The old colour has no tasks by then: the way back starts them again before it gets its traffic.
      await going.until('the gate', ({ gate }) => gate?.name === 'begin contract');
      expect(await sluice('abort', 'demo/shop/2', '--reason', 'to see it go back')).toMatchObject({ exitCode: 0 });
      return going;
    });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    await expect.poll(() => liveState(stack)).toEqual(backOnBlue(1));
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);
