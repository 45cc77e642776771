import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import { connect } from '../../../activities/database/connection.js';
import { createClosed, createOwnTables, hasOwnTables } from '../../../activities/database/own-tables.js';
import { deleteTuning, findTuning } from '../../../activities/database/tunings.js';
import { standalone } from '../../../activities/database/standalone.js';
import type { Tuning, TuningOrder } from '../../../domain/tuning.js';
import {
  counting,
  createCounted,
  createCustomers,
  migration,
  phaseRun,
  scratchDatabase,
  watchedRun,
} from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

const annSays = (tuning: Tuning, reset = false): TuningOrder => ({ tuning, reset, actor: 'ann', reason: 'sale' });

it('is heard by a backfill that runs: in the middle of a long pause, and while a brake holds it', async () => {
  const database = await scratchDatabase();
  await createCounted(database, 1_000);
  // After the first batch it would pause for longer than the test may take.
  await database.sql(`create function slowly() returns trigger language plpgsql as
    $$ begin if not exists (select from counted where n = 1) then perform pg_sleep(2); end if; return null; end $$;
    create trigger slowly before update on counted for each statement execute function slowly()`);
  const slot = `s_${randomUUID().replaceAll('-', '_')}`;
  await database.sql(`select pg_create_physical_replication_slot($1, true)`, [slot]);
  const dropSlot = () =>
    database.sql(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1`, [slot]);
  onTestFinished(async () => void (await dropSlot().catch(() => {})));
  const shop = migration(database, counting, { pace: 0.01, brakes: { slotBytes: 0 } });
  const file = 'backfill/V1__count.sql';
  const { run, seen, until } = watchedRun();
  const filling = engine.backfill(shop, run);
  await until(({ waits }) => waits?.startsWith(`slot ${slot} keeps`) === true);

  const brakes = { slotBytes: 'off' } as const;
  expect(await engine.tune(shop, annSays({ brakes }), phaseRun())).toEqual([{ file, was: {}, now: { brakes } }]);
  const filled = await until(({ rows }) => rows !== undefined);
  expect(filled).toMatchObject({ rows: { done: 100 }, tuned: 'tuned by ann: slotBytes off' });
  const order = { url: database.url, files: shop.files, lockTimeoutMs: 200, lockPatienceMs: 1_000 };
  expect(await standalone.standing(order)).toMatchObject({
    files: [{ file, state: 'begun', tuned: { by: 'ann', reason: 'sale', tuning: { brakes } } }],
  });
  await engine.tune(shop, annSays({ pace: 1 }), phaseRun());
  expect(await filling).toMatchObject({ rows: 1_000 });
  expect(seen.filter(({ isNotice }) => isNotice).map(({ detail }) => detail)).toEqual([
    'tuned by ann: slotBytes off',
    'tuned by ann: full pace, slotBytes off',
  ]);
  expect(await database.value('select count(*)::int from counted where n = 1')).toBe(1_000);

  // Nothing is left to run: it ends with the change.
  expect(await engine.tune(shop, annSays({ pace: 0.5 }), phaseRun())).toEqual([]);
  expect(await database.value('select count(*)::int from sluice.schema_tuning')).toBe(0);
});

it('is for one change of one release: it ends with rollback, with contract, and with the generation that has said it', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const add = (name: string) => ({
    add_column: { table: 'customers', column: { name, type: 'text' }, up: 'full_name' },
  });
  const change = (name: string) => {
    const text = JSON.stringify({ operations: [add(name)] });
    return migration(database, {}, { operations: [{ name: `${name}.json`, text }] });
  };
  const noticesOf = async (shop: ReturnType<typeof change>, generation: number) => {
    const { run, seen } = watchedRun({ generation });
    await engine.backfill(shop, run);
    return seen.filter(({ isNotice }) => isNotice).map(({ detail }) => detail);
  };
  const a = change('a');
  const tune = (generation: number, said = annSays({ pace: 1 })) => engine.tune(a, said, { generation });
  // Before there is anything of it, by releases that go no further.
  expect(await tune(1)).toEqual([{ file: 'a.json', was: {}, now: { pace: 1 } }]);
  expect(await tune(2, annSays({ batchMs: 5 }))).toEqual([{ file: 'a.json', was: {}, now: { batchMs: 5 } }]);
  await engine.expand(a, phaseRun({ generation: 3 }));
  const order = { url: database.url, files: [], operations: a.operations, lockTimeoutMs: 200, lockPatienceMs: 1_000 };
  expect(JSON.stringify(await standalone.standing(order))).not.toContain('tuned');
  expect(await noticesOf(a, 3)).toEqual([]);
  await engine.rollback(a, [], phaseRun({ generation: 4 }));
  await expect(tune(3)).rejects.toMatchObject({ code: 'fenced' });

  await engine.expand(a, phaseRun({ generation: 4 }));
  await tune(4);
  await tune(4, annSays({ batchMs: 5 }));
  expect(await noticesOf(a, 4)).toEqual(['tuned by ann: full pace, batches of 5 ms']);
  await engine.rollback(a, [], phaseRun({ generation: 4 }));
  expect(await database.value('select count(*)::int from sluice.schema_tuning')).toBe(0);

  await engine.expand(a, phaseRun({ generation: 4 }));
  await tune(4, annSays({}, true));
  expect(await noticesOf(a, 4)).toEqual(['tuned by ann: as it was begun']);
  expect(await tune(4)).toEqual([]);
  await engine.contract(a, phaseRun({ generation: 4 }));
  expect(await database.value('select count(*)::int from sluice.schema_tuning')).toBe(0);
});

it('needs nothing of whoever has worked here before: what a later sluice adds is for all who could work, whoever adds it', async () => {
  const database = await scratchDatabase();
  const suffix = `${process.pid}_${Date.now()}`;
  const [first, second] = [`first_${suffix}`, `second_${suffix}`];
  await database.sql(`create role ${first} login password 'x'; create role ${second} login password 'x';
    grant create on database ${new URL(database.url).pathname.slice(1)} to ${first}`);
  const as = async (username: string) => {
    const url = Object.assign(new URL(database.url), { username, password: 'x' }).href;
    return connect({ url, applicationName: 'test', lockTimeoutMs: 0, statementTimeoutMs: 0 });
  };
  const [a, b] = [await as(first), await as(second)];
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()]);
    await database.sql(`drop owned by ${first}, ${second}; drop role ${first}, ${second}`);
  });
  await createOwnTables(a);
  await a.query(
    `grant usage, create on schema sluice to ${second}; grant select, insert, update, delete on all tables in schema sluice to ${second}`,
  );
  const id = { schema: 'public', version: '1' };
  for (const [adds, works] of [
    [b, a],
    [a, b],
  ] as const) {
    await database.sql('drop table if exists sluice.schema_tuning, sluice.schema_closed');
    await createOwnTables(adds);
    await createClosed(adds);
    for (const each of [adds, works]) {
      expect(await hasOwnTables(each)).toBe(true);
      expect(await findTuning(each, id, { lane: 'x', generation: 1 })).toBe(undefined);
      await deleteTuning(each, id);
      await each.query('delete from sluice.schema_closed');
    }
  }
});
