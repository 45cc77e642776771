import pg from 'pg';
import { expect, it } from 'vitest';
import { withEverything } from '../support/everything.js';
import { liveState, releasedOnGreen } from '../support/live-state.js';
import { withShopStack } from '../support/shop-stack.js';
import { dieAtEach } from './die-at-each.js';
import { everyPoint } from './every-point.js';

const shop = withShopStack({ serviceRole: true });

const forth = everyPoint('soft-contract');
const back = everyPoint('undo/soft-contract');

it.runIf(withEverything('the deaths of a worker in a soft contract'))(
  `gives all rights back, or takes them away, when its worker dies at ${back.length} places on the way back and at ${forth.length} on its way`,
  { timeout: 400_000 },
  async () => {
    const { stack, release, sluice, verdict } = shop.current;
    const before = await rights();
    const going = await dieAtEach(stack, back, async () => {
      const begun = await release('2', { runs: '2', migrates: true, softContract: '10m' });
      await begun.until('the wait', ({ step }) => step === 'wait for who is kept out');
      expect(await rights()).not.toEqual(before);
      expect(await sluice('abort', 'demo/shop/2', '--reason', 'the nightly job cries')).toMatchObject({ exitCode: 0 });
      return begun;
    });
    expect(await going.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(await rights()).toEqual(before);

    const again = await dieAtEach(stack, forth, () => release('4', { runs: '4', migrates: true, softContract: '2s' }));
    expect(await again.ended()).toMatchObject({ outcome: 'released' });
    await expect.poll(() => liveState(stack)).toEqual({ ...releasedOnGreen(1), outcomes: ['rolled-back', 'released'] });
    expect(await verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  },
);

/** What the service may do with the columns of the table from which one goes. */
async function rights(): Promise<unknown> {
  const client = new pg.Client({ connectionString: shop.current.stack.shopDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select attname, priv, has_column_privilege(current_database() || '_service', attrelid, attnum, priv) as may
       from pg_attribute, unnest(array['select', 'insert', 'update']) as priv
       where attrelid = 'customers'::regclass and attnum > 0 and not attisdropped and attname !~ '^(first|last)_name$'
       order by attname, priv`,
    );
    return rows;
  } finally {
    await client.end();
  }
}
