import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connect } from '../../../activities/database/connection.js';
import { readPlan } from '../../../activities/database/operations/history.js';
import { countLostRows, describeLostRows } from '../../../activities/database/operations/lost-rows.js';
import { createOperationsEngine } from '../../../activities/database/operations-engine.js';
import { migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const engine = createOperationsEngine({ pacing: { pauseRatio: 0, targetMs: 1 } });

/** Files of operations by their names, each a list. */
function change(database: Pick<Scratch, 'url'>, files: Readonly<Record<string, readonly object[]>>) {
  const operations = Object.entries(files).map(([name, list]) => ({
    name,
    text: JSON.stringify({ operations: list }),
  }));
  return migration(database, {}, { operations });
}

const shout = {
  alter_column: {
    table: 'customers',
    column: 'full_name',
    type: 'text',
    up: 'upper(full_name)',
    down: 'lower(full_name)',
  },
};
const addNote = { add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } } };
const names = { rename_column: { table: 'customers', from: 'full_name', to: 'name' } };

async function shopDatabase(rows: number) {
  const database = await scratchDatabase();
  await database.sql(`create table customers (id int primary key, full_name text not null, touched int not null default 0);
    insert into customers select n, 'Ann Lee' || n from generate_series(1, ${rows}) n`);
  return database;
}

it('carries over what a session writes in whose replication role ordinary triggers are silent', async () => {
  const database = await shopDatabase(3);
  await engine.expand(change(database, { '1_shout.json': [shout] }), phaseRun());
  const session = await database.connect();
  await session.query(`set session_replication_role = replica`);
  await session.query(`update customers set full_name = 'old' where id = 1`);
  await session.query(`insert into customers values (9, 'old')`);
  await session.query(`update public_1_shout.customers set full_name = 'NEW' where id = 2`);
  expect(await database.sql('select id, full_name from public_1_shout.customers where id in (1, 9)')).toEqual([
    { id: 1, full_name: 'OLD' },
    { id: 9, full_name: 'OLD' },
  ]);
  expect(await database.value('select full_name from customers where id = 2')).toBe('new');
});

it('keeps what was prepared as select * on the views of a version running until that version is contracted', async () => {
  const database = await shopDatabase(3);
  const first = { '1_names.json': [names] };
  await engine.expand(change(database, first), phaseRun());
  await engine.backfill(change(database, first), phaseRun());
  await engine.contract(change(database, first), phaseRun());
  const app = await database.connect();
  await app.query('set search_path to public_1_names, public');
  const read = async (table: string) => {
    const { rows } = await app.query<object>({ name: `all of ${table}`, text: `select * from ${table} where id = 1` });
    return rows[0];
  };
  await read('public.customers');
  const before = await read('customers');

  const both = change(database, { ...first, '2_note.json': [addNote] });
  await engine.expand(both, phaseRun());
  await engine.backfill(both, phaseRun());
  expect(await read('customers')).toEqual(before);
  // On the table itself the server refuses: what it prepared had other columns.
  await expect(read('public.customers')).rejects.toMatchObject({ code: '0A000' });
  await engine.rollback(both, ['1_names'], phaseRun());
  expect(await read('customers')).toEqual(before);
});

it('fills rows whose keys were moved behind the cursor and beyond the end, also after it was done', async () => {
  const database = await shopDatabase(2_000);
  const shop = change(database, { '1_shout.json': [shout] });
  await engine.expand(shop, phaseRun());
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const filling = engine.backfill(shop, run).catch(() => {});
  await until(({ rows }) => (rows?.done ?? 0) > 0);
  stop.abort();
  await filling;
  const unfilled = () => database.value('select count(*)::int from customers where _sluice_1_filled is null');
  expect(await unfilled()).toBeGreaterThan(2);
  await database.sql(`update customers set id = -5 where id = 1999; update customers set id = 9000 where id = 2000`);
  // The two were filled by the writes that moved them.
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows: 1_998 });
  expect(await engine.verify(shop)).toBe(0);

  // As a row that was on its way from a part that is done to one that is not, while nobody looked.
  await database.sql('update customers set _sluice_1_filled = null where id = 7');
  await expect(engine.contract(shop, phaseRun())).rejects.toThrow('found 1 that are not');
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows: 1_999 });
  await engine.contract(shop, phaseRun());
  expect(await database.sql('select full_name from customers where id in (-5, 9000) order by id')).toEqual([
    { full_name: 'ANN LEE1999' },
    { full_name: 'ANN LEE2000' },
  ]);
});

it('leaves both versions whole where a cut of contract fails, and goes on when what was in the way is gone', async () => {
  const database = await shopDatabase(3);
  const first = { '1_note.json': [addNote] };
  await engine.expand(change(database, first), phaseRun());
  await engine.backfill(change(database, first), phaseRun());
  await engine.contract(change(database, first), phaseRun());
  const both = change(database, { ...first, '2_shout.json': [shout] });
  await engine.expand(both, phaseRun());
  await engine.backfill(both, phaseRun());
  await database.sql('create view report as select full_name from customers');
  await expect(engine.contract(both, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(/^2_shout\.json:1:\d+: cannot drop column full_name .*SQLSTATE 2BP01/) as string,
  });
  const nameIn = (version: string) => database.value(`select full_name from ${version}.customers where id = 1`);
  expect([await nameIn('public_1_note'), await nameIn('public_2_shout')]).toEqual(['Ann Lee1', 'ANN LEE1']);
  await database.sql(`update public_1_note.customers set full_name = 'Bo' where id = 1`);
  expect(await nameIn('public_2_shout')).toBe('BO');

  await database.sql('drop view report');
  await engine.contract(both, phaseRun());
  expect(await nameIn('public_2_shout')).toBe('BO');
  expect(await database.value(`select to_regclass('public_1_note.customers')`)).toBe(null);
});

it('leaves both versions whole where SQL of contract fails that stands first, and goes on when it is put right', async () => {
  const database = await shopDatabase(3);
  const first = { '1_note.json': [addNote] };
  await engine.expand(change(database, first), phaseRun());
  await engine.backfill(change(database, first), phaseRun());
  await engine.contract(change(database, first), phaseRun());
  const missing = { sql: { up: 'insert into audit values (1)', onComplete: true } };
  const named = { sql: { up: `comment on column customers.full_name is 'loud'`, onComplete: true } };
  const both = change(database, { ...first, '2_shout.json': [missing, shout, named] });
  await engine.expand(both, phaseRun());
  await engine.backfill(both, phaseRun());
  await expect(engine.contract(both, phaseRun())).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(/^2_shout\.json:1:\d+: relation "audit" does not exist/) as string,
  });
  await database.sql(`update public_1_note.customers set full_name = 'Bo' where id = 1`);
  expect(await database.value('select full_name from public_2_shout.customers where id = 1')).toBe('BO');

  await database.sql('create table audit (id int)');
  await engine.contract(both, phaseRun());
  expect(await database.value('select count(*)::int from audit')).toBe(1);
  // Behind the operation it finds what that has made.
  expect(
    await database.value(`select col_description('customers'::regclass, attnum) from pg_attribute
    where attrelid = 'customers'::regclass and attname = 'full_name'`),
  ).toBe('loud');
});

it('counts the rows of which going back loses something, before it goes, and for as long as it may', async () => {
  const database = await shopDatabase(5);
  await database.sql(`create table pace (seconds float); insert into pace values (0);
    create function loud(text) returns text language plpgsql as $$
      begin perform pg_sleep((select seconds from pace)); return upper($1); end $$`);
  const loud = { alter_column: { ...shout.alter_column, up: 'loud(full_name)' } };
  const notes = { create_table: { name: 'notes', columns: [{ name: 'id', type: 'int', pk: true }] } };
  const size = { name: 'size', type: 'int', nullable: true, default: '7' };
  const sized = { add_column: { table: 'customers', column: size } };
  const shop = change(database, { '1_change.json': [loud, addNote, sized, notes] });
  const back = async () => {
    const { run, seen } = watchedRun();
    await engine.rollback(shop, [], run);
    return seen.filter(({ isNotice }) => isNotice).map(({ file, detail }) => `${file}: ${detail}`);
  };
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await database.sql(`update customers set full_name = 'Old' where id = 4`);
  expect(await back()).toEqual([]);

  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await database.sql(`set search_path to public_1_change, public;
    update customers set full_name = 'Ann' where id = 1; update customers set full_name = 'LOUD' where id = 2;
    update customers set note = 'new' where id in (1, 3); update customers set size = 8 where id = 5;
    insert into notes values (1), (2); reset search_path`);
  const connection = await connect({
    url: database.url,
    applicationName: 't',
    lockTimeoutMs: 200,
    statementTimeoutMs: 0,
  });
  const plan = await readPlan(connection, 'public', '1_change');
  await database.sql('update pace set seconds = 5');
  const told = describeLostRows(await countLostRows(connection, plan, { withinMs: 100 }));
  const notCounted = 'not counted: it would take longer than 0.1 s';
  expect(told).toBe(`rows of customers (full_name, note, size), ${notCounted}; rows of notes, ${notCounted}`);
  await connection.close();

  await database.sql('update pace set seconds = 0');
  const lost = '3 rows of customers (full_name, note, size); 2 rows of notes';
  expect(await back()).toEqual([`1_change.json: going back loses what the new version wrote into ${lost}`]);
  expect(await database.sql('select event from sluice.schema_event order by id desc limit 3')).toEqual([
    { event: 'rolled back' },
    { event: `going back loses ${lost}` },
    { event: 'rollback begun' },
  ]);
});

it('fills a table of one row, and values that the server keeps out of line', async () => {
  const database = await shopDatabase(0);
  await database.sql(`create table one (id int primary key, n int); insert into one values (7, 7);
    insert into customers select m, string_agg(md5(n::text || m), '') from generate_series(1, 20) m, generate_series(1, 2000) n group by m`);
  expect(await database.value('select min(pg_column_size(full_name)) from customers')).toBeGreaterThan(30_000);
  const digits = { add_column: { table: 'one', column: { name: 'text', type: 'text' }, up: 'n::text' } };
  const shop = change(database, { '1_shout.json': [shout, digits] });
  await engine.expand(shop, phaseRun());
  expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows: 21 });
  expect(await engine.verify(shop)).toBe(0);
  expect(
    await database.value(`select count(*)::int from customers join public_1_shout.customers as new using (id)
      where new.full_name = upper(customers.full_name)`),
  ).toBe(20);
  expect(await database.value('select text from public_1_shout.one')).toBe('7');
});

it('shows each version the last write, in whatever order the two of them write', async () => {
  const database = await shopDatabase(1);
  await engine.expand(change(database, { '1_shout.json': [shout, addNote] }), phaseRun());
  const [old, fresh] = [await database.connect(), await database.connect()];
  await fresh.query('set search_path to public_1_shout, public');
  const write = fc.record({
    by: fc.constantFrom('old' as const, 'new' as const),
    what: fc.constantFrom('name' as const, 'touched' as const, 'same' as const),
    value: fc.constantFrom('Ann', 'ann', 'ANN', '', ' ', 'ß', 'Bo'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
      await old.query(`delete from customers; insert into customers values (1, 'start')`);
      let expected = { old: 'start', new: 'START' };
      for (const { by, what, value } of writes) {
        const session = by === 'old' ? old : fresh;
        if (what === 'name') {
          const changed = value !== expected[by];
          await session.query('update customers set full_name = $1', [value]);
          if (changed) expected = by === 'old' ? await asOldWrote(value) : await asNewWrote(value);
        } else {
          await session.query(
            what === 'touched'
              ? 'update customers set touched = touched + 1'
              : 'update customers set full_name = full_name',
          );
        }
        expect({ old: await nameOf(old), new: await nameOf(fresh) }).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );

  async function asOldWrote(value: string) {
    return { old: value, new: await database.value<string>('select upper($1::text)', [value]) };
  }
  async function asNewWrote(value: string) {
    return { old: await database.value<string>('select lower($1::text)', [value]), new: value };
  }
  async function nameOf(session: typeof old) {
    return (await session.query<{ name: string }>('select full_name as name from customers')).rows[0]?.name;
  }
});
