import { expect, it } from 'vitest';
import { type Eyes, takeSnapshot } from '../../../bench/database/soak/agreement.js';
import { Journal } from '../../../bench/database/soak/journal.js';
import { randomOf } from '../../../bench/database/soak/random.js';
import { seenFrom, shopSql, tracks } from '../../../bench/database/soak/shop.js';
import { scratchDatabase } from '../../activities/database/scratch.js';

const rows = 1_000;
const eyes: Eyes = {
  version: 'old',
  schema: 'public',
  tables: seenFrom(tracks.map(() => 0)),
  stricter: new Map(),
  unfilled: new Set(),
};

it('sees a row whose forms differ, a write that is lost, and nothing where all is well', async () => {
  const database = await scratchDatabase();
  await database.sql(shopSql(rows));
  const journal = new Journal(rows);
  const look = async (by: Eyes = eyes, from = journal) => {
    const snapshot = await takeSnapshot(database.url);
    try {
      return await snapshot.compare(
        [by],
        eyes.tables.map(({ table }) => from.read(table)),
      );
    } finally {
      await snapshot.end();
    }
  };
  expect(await look()).toEqual({ divergent: [], lost: [] });

  await database.sql(`update customers set phone = '1' where id = 7`);
  expect(await look()).toMatchObject({ divergent: [expect.stringContaining('1 rows of customers')], lost: [] });
  // Null is no answer where every row is filled, and one before.
  await database.sql(`update customers set phone = null where id = 7`);
  expect((await look()).divergent).toHaveLength(1);
  expect((await look({ ...eyes, unfilled: new Set(['customers.phone']) })).divergent).toEqual([]);
  await database.sql(`update customers set phone = '07' where id = 7`);

  const unwritten = new Journal(rows);
  unwritten.hold('customers', randomOf(3))?.written({ rev: 5_000, touched: 1 });
  expect((await look(eyes, unwritten)).lost).toEqual([
    expect.stringMatching(/1 rows of customers .*5000\/1/),
    expect.stringContaining('expected 1000 rows touched 1 times, found 1000 touched 0 times'),
  ]);
  const revived = new Journal(rows);
  revived.hold('customers', randomOf(3))?.written({ rev: null, touched: 0 });
  expect((await look(eyes, revived)).lost).toEqual([
    expect.stringMatching(/1 rows of customers .*deleted/),
    expect.stringContaining('expected 999 rows'),
  ]);

  // One that nobody has written is missed as well.
  await database.sql('delete from orders where id = 9');
  expect((await look()).lost).toEqual([expect.stringContaining('expected 250 rows')]);
});
