import { expect, inject, it } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { createCustomers, migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

// As a release has it: the form of the files chooses.
const engine = createEngineOfEach({ pacing: { pauseRatio: 0 } });

/** Files of operations by their names, each a list. */
function change(database: Pick<Scratch, 'url'>, files: Readonly<Record<string, readonly unknown[]>>): Migration {
  const operations = Object.entries(files).map(([name, list]) => ({
    name,
    text: JSON.stringify({ operations: list }, undefined, 2),
  }));
  return migration(database, {}, { operations });
}

const add = (name: string, more: object = { nullable: true }, up?: string) => ({
  add_column: { table: 'customers', column: { name, type: 'text', ...more }, ...(up === undefined ? {} : { up }) },
});

const columnsOf = ({ value }: Scratch) =>
  value<string>(`select string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns
    where table_schema = 'public' and table_name = 'customers'`);

it('refuses what was changed, torn, too late or begun by a newer engine, all at once and with both hashes', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  await engine.expand(change(database, { '2_a.json': [add('a')], '3_b.json': [add('b')] }), phaseRun());
  await database.sql(`update sluice.schema_migration set engine = 99, chain = 'torn' where name = '3_b'`);

  const changed = change(database, { '1_late.json': [add('z')], '2_a.json': [add('aa')], '3_b.json': [add('b')] });
  expect((await engine.plan(changed)).refusals).toEqual([
    expect.stringMatching(/^expected 3_b to have been begun by an engine of version \d+ or before, found version 99/),
    expect.stringMatching(/found the row of 3_b or the one before it changed by hand/),
    expect.stringMatching(/^2_a\.json: expected the content it was begun with, sha256 \w{64}, found sha256 \w{64}$/),
    expect.stringMatching(/^1_late\.json: expected a name that comes after 3_b/),
  ]);
  await expect(engine.backfill(changed, phaseRun())).rejects.toThrow('found version 99');
  await expect(engine.rollback(changed, [], phaseRun())).rejects.toMatchObject({ code: 'migration-changed' });
  expect(await columnsOf(database)).toBe('id full_name a b');
});

it('tries what the author wrote on real rows before it starts, and says where it stands', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const wrong = change(database, {
    '1_wrong.json': [
      add('number', { type: 'int' }, 'full_name'),
      add('long', { type: 'varchar(4)' }, 'full_name'),
      add('default', { default: `'x'::intt` }),
    ],
  });
  const { refusals } = await engine.plan(wrong);
  expect(refusals).toEqual([
    expect.stringMatching(/^1_wrong\.json:10:15: invalid input syntax for type integer: "…" \(SQLSTATE 22P02\)/),
    expect.stringMatching(/^1_wrong\.json:20:15: value too long for type character varying\(4\)/),
    expect.stringMatching(/^1_wrong\.json:29:22: type "intt" does not exist/),
  ]);
  await expect(engine.expand(wrong, phaseRun())).rejects.toMatchObject({ code: 'migration-failed' });
  expect(await columnsOf(database)).toBe('id full_name');
  expect(await database.value('select count(*)::int from sluice.schema_migration')).toBe(0);
});

it('leaves nothing behind of a file whose second half fails', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  // A partition is no table of the catalogue, and its name is taken all the same.
  await database.sql(`create table parts (id int) partition by list (id);
    create table made partition of parts for values in (1); insert into parts values (1)`);
  const half = change(database, {
    '1_half.json': [add('a'), { create_table: { name: 'made', columns: [{ name: 'id', type: 'int', pk: true }] } }],
  });
  await expect(engine.expand(half, phaseRun())).rejects.toThrow('relation "made" already exists');
  expect(await columnsOf(database)).toBe('id full_name');
  expect(await database.value('select count(*)::int from sluice.schema_migration')).toBe(0);
  expect(await database.value('select count(*)::int from made')).toBe(1);
});

it('builds a version on the one before it, keeps both, and goes back to each', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 5);
  const both = change(database, {
    '9_a.json': [add('a', {}, 'upper(full_name)')],
    '10_b.json': [add('b', {}, `a || '!'`)],
    '11_c.json': [{ rename_column: { table: 'customers', from: 'b', to: 'c' } }],
  });
  await engine.expand(both, phaseRun());
  await engine.backfill(both, phaseRun());
  expect(await database.sql('select full_name, a, c from public_11_c.customers where id = 1')).toEqual([
    { full_name: 'Ann Lee1', a: 'ANN LEE1', c: 'ANN LEE1!' },
  ]);
  await database.sql(`update customers set full_name = 'Bo' where id = 1`);
  expect(await database.value('select c from public_11_c.customers where id = 1')).toBe('BO!');
  const more = change(database, { '12_d.json': [add('d', {}, 'c')] });
  expect((await engine.plan(more)).refusals).toEqual([
    expect.stringContaining('12_d.json: expected to find customers as it will stay'),
  ]);

  await engine.rollback(both, ['9_a', '10_b'], phaseRun());
  expect(await engine.read(both, 'expand')).toEqual(['9_a', '10_b']);
  await engine.contract(change(database, { '9_a.json': [add('a', {}, 'upper(full_name)')] }), phaseRun());
  expect(await database.value('select b from public_10_b.customers where id = 1')).toBe('BO!');
  await engine.rollback(both, ['9_a'], phaseRun());
  expect(await columnsOf(database)).toBe('id full_name a');
  expect(await engine.read(both, 'contract')).toEqual(['9_a']);
});

it('begins a file while an earlier one still renames something of other tables, and knows the names it leaves', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  await database.sql('create table orders (id int primary key, total int); insert into orders values (1, 2)');
  const first = {
    '1_names.json': [
      { rename_table: { from: 'customers', to: 'people' } },
      { rename_column: { table: 'people', from: 'full_name', to: 'name' } },
    ],
  };
  const note = { table: 'orders', column: { name: 'note', type: 'text' }, up: `'n' || total` };
  const second = { '2_note.json': [{ add_column: note }] };
  const third = {
    '3_nick.json': [
      {
        add_column: {
          ...note,
          table: 'people',
          column: { name: 'nick', type: 'text', nullable: true },
          up: 'upper(name)',
        },
      },
    ],
  };
  const both = change(database, { ...first, ...second });
  await engine.expand(both, phaseRun());
  expect(await database.value('select name from public_2_note.people where id = 1')).toBe('Ann Lee1');
  await engine.backfill(both, phaseRun());
  expect(await database.value('select note from public_2_note.orders')).toBe('n2');
  expect((await engine.plan(change(database, { ...first, ...second, ...third }))).refusals).toEqual([
    expect.stringContaining('3_nick.json: expected to find people as it will stay'),
  ]);

  await engine.contract(change(database, first), phaseRun());
  expect(await database.value('select count(*)::int from public_2_note.people')).toBe(3);
  const all = change(database, { ...first, ...second, ...third });
  expect((await engine.plan(all)).refusals).toEqual([]);
  await engine.expand(all, phaseRun());
  await engine.backfill(all, phaseRun());
  expect(await database.value('select nick from public_3_nick.people where id = 1')).toBe('ANN LEE1');
  await engine.rollback(all, ['1_names'], phaseRun());
  expect(await database.sql(`select event from sluice.schema_event where event like 'going back loses%'`)).toEqual([]);
  expect(
    await database.value(`select string_agg(column_name, ' ' order by table_name, ordinal_position) from information_schema.columns
      where table_schema = 'public'`),
  ).toBe('id total id name');
});

it('takes SQL before a file that leaves something to contract, and not after it: it would read what is to go', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const drop = [{ drop_column: { table: 'customers', column: 'full_name', down: `'nobody'` } }];
  const sql = [{ sql: { up: 'create table a (id int)', down: 'drop table a' } }];
  const late = change(database, { '1_drop.json': drop, '2_sql.json': sql });
  const why =
    /2_sql\.json: expected SQL to find customers as it will stay, .* give the SQL a name that comes before it/;
  expect((await engine.plan(late)).refusals).toEqual([expect.stringMatching(why)]);
  const early = change(database, { '1_sql.json': sql, '2_drop.json': drop });
  expect((await engine.plan(early)).refusals).toEqual([]);
  await engine.expand(early, phaseRun());
  expect(
    await database.value(
      `select string_agg(column_name, ' ') from information_schema.columns where table_schema = 'public_2_drop'`,
    ),
  ).toBe('id id');
  await engine.rollback(early, [], phaseRun());
});

it('leaves the default of a column that goes to whoever leaves it out, and a null to the old version', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 1);
  await database.sql(`alter table customers add column kind text default 'plain'`);
  const drop = change(database, {
    '1_drop.json': [
      { drop_column: { table: 'customers', column: 'kind', down: `'new'` } },
      { drop_column: { table: 'customers', column: 'full_name', down: `'nobody'` } },
    ],
  });
  await engine.expand(drop, phaseRun());
  await database.sql(`insert into public_1_drop.customers default values; insert into customers (kind) values (null)`);
  expect(await database.sql('select kind, full_name from customers where id > 1 order by id')).toEqual([
    { kind: 'plain', full_name: 'nobody' },
    { kind: null, full_name: 'nobody' },
  ]);
  await engine.rollback(drop, [], phaseRun());
});

it('writes all back that goes back by a column which the new version wrote, and nothing else', async () => {
  const database = await scratchDatabase();
  await database.sql(`create table spans (id int primary key, low int, high int, constraint in_order check (low < high));
    insert into spans values (1, 1, 2)`);
  const named = { table: 'spans', name: 'in_order' };
  const down = { low: 'low', high: 'greatest(high, low + 1)' };
  const drop = change(database, { '1_free.json': [{ drop_multicolumn_constraint: { ...named, down } }] });
  const rows = (of: string) => database.sql(`select low, high from ${of} order by id`);
  await engine.expand(drop, phaseRun());
  await database.sql('update public_1_free.spans set low = 7 where id = 1');
  expect([await rows('public_1_free.spans'), await rows('spans')]).toEqual([
    [{ low: 7, high: 2 }],
    [{ low: 7, high: 8 }],
  ]);
  await database.sql('update spans set high = 20 where id = 1');
  expect([await rows('public_1_free.spans'), await rows('spans')]).toEqual([
    [{ low: 7, high: 20 }],
    [{ low: 7, high: 20 }],
  ]);
  await engine.backfill(drop, phaseRun());
  await engine.rollback(drop, [], phaseRun());
  expect(await rows('spans')).toEqual([{ low: 7, high: 20 }]);

  // Each goes back by itself: what the old version wrote into the one stays when the new one writes the other.
  const apart = { low: 'low', high: '100' };
  const again = change(database, { '2_apart.json': [{ drop_multicolumn_constraint: { ...named, down: apart } }] });
  await engine.expand(again, phaseRun());
  await database.sql('update public_2_apart.spans set low = 3 where id = 1');
  expect(await rows('spans')).toEqual([{ low: 3, high: 20 }]);
  await engine.rollback(again, [], phaseRun());
});

it('records that contract has begun before its first statement, and has no way back from there', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 50);
  const shop = change(database, { '1_a.json': [add('a', {}, 'full_name')] });
  await engine.expand(shop, phaseRun());
  await expect(engine.contract(shop, phaseRun())).rejects.toThrow('expected 1_a.json to be filled before contract');
  await engine.backfill(shop, phaseRun());
  expect(await engine.contractBegun(shop, phaseRun())).toEqual([]);
  expect(await engine.readGeneration(shop)).toBe(phaseRun().generation);

  const reader = await database.connect();
  await reader.query('begin; lock table customers in access share mode');
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const contract = engine.contract(shop, run).catch((error: unknown) => error);
  await until(({ detail }) => detail.startsWith('waits for its locks'));
  stop.abort();
  await contract;
  expect(await engine.read(shop, 'contract')).toEqual(['1_a']);
  expect(await engine.contractBegun(shop, phaseRun())).toEqual(['1_a']);
  await expect(engine.rollback(shop, [], phaseRun())).rejects.toThrow('found it begun for 1_a.json');
  // Both versions still work: nothing was cut yet.
  expect(await reader.query('select a from public_1_a.customers limit 1')).toMatchObject({ rowCount: 1 });
  await reader.query('commit');
  await engine.contract(shop, phaseRun());
  expect(await database.value(`select state from sluice.schema_migration`)).toBe('contracted');
});

it('counts a row whose value cannot be computed as not filled, and contracts only when it was put right', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 20);
  const shop = change(database, {
    '1_n.json': [
      add('n', { type: 'int' }, `replace(full_name, 'Ann Lee', '')::int`),
      { move_column: { table: 'parts', column: 'note', to: 'notes', key: { from: 'id', to: 'part' } } },
    ],
  });
  await database.sql(`create table parts (id int primary key, note text); create table notes (part int primary key);
    insert into parts values (1, 'one'), (2, 'two'), (3, null); insert into notes values (1)`);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await database.sql(`update customers set full_name = 'no number' where id = 3`);
  expect(await engine.verify(shop)).toBe(2);
  await expect(engine.contract(shop, phaseRun())).rejects.toThrow(
    'found 1 that are not, and 1 rows of parts with a note that has no row of notes to go to; correct',
  );
  await database.sql('insert into notes values (2)');
  expect(await database.value('select note from notes where part = 2')).toBe('two');
  expect(await engine.read(shop, 'contract')).toEqual([]);
  await database.sql(`update customers set full_name = 'Ann Lee3' where id = 3`);
  expect(await engine.verify(shop)).toBe(0);
  await engine.contract(shop, phaseRun());
});

it('sees what the service’s own triggers made of a row, whatever the session has in its search_path', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  await database.sql(`create function shout() returns trigger language plpgsql as $$
      begin NEW.full_name := upper(NEW.full_name); return NEW; end $$;
    create trigger zz_shout before insert or update on customers for each row execute function shout()`);
  const shop = change(database, { '1_a.json': [add('Näme', {}, `full_name || '?'`)] });
  await engine.expand(shop, phaseRun());
  const session = await database.connect();
  for (const path of ['public', '"public_1_a"', 'nowhere, "public_1_a", public']) {
    await session.query(
      `set search_path to ${path}; update public.customers set full_name = 'x ${path.length}' where id = 1`,
    );
    expect(await database.value('select "Näme" from customers where id = 1')).toBe(`X ${path.length}?`);
    await session.query(`update public_1_a.customers set "Näme" = 'kept' where id = 1`);
    await session.query(`update public.customers set full_name = full_name where id = 1`);
    expect(await database.value('select "Näme" from customers where id = 1')).toBe('kept');
  }
});

it('carries grants, comments and, from Postgres 15 on, row security over to the views of a version', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const role = `reader_${Date.now()}`;
  const rowSecurity = inject('postgres') >= 15;
  await database.sql(`create role ${role}; grant select, update on customers to ${role};
    create table notes (id int, open text, secret text); insert into notes values (1, 'o', 's');
    grant select (id, open) on notes to ${role};
    comment on table customers is 'who buys'; comment on column customers.full_name is 'first and last';
    alter table customers enable row level security; create policy one on customers to ${role} using (id = 2)`);
  const shop = change(database, { '1_a.json': [add('a', { nullable: true, comment: 'new' })] });
  if (!rowSecurity) {
    await expect(engine.expand(shop, phaseRun())).rejects.toThrow(
      /before Postgres 15 a view shows its rows to everybody/,
    );
    await database.sql('alter table customers disable row level security');
  }
  await engine.expand(shop, phaseRun());
  const session = await database.connect();
  await session.query(`set role ${role}; set search_path to public_1_a`);
  const shown = (await session.query<{ id: string }>('select id from customers order by id')).rows.map(({ id }) => id);
  expect(shown).toEqual(rowSecurity ? ['2'] : ['1', '2', '3']);
  await expect(session.query('delete from customers')).rejects.toMatchObject({ code: '42501' });
  expect((await session.query('select id, open from notes')).rows).toEqual([{ id: 1, open: 'o' }]);
  await expect(session.query('select secret from notes')).rejects.toMatchObject({ code: '42501' });
  await session.query(`update customers set full_name = 'B' where id = 2`);
  expect(
    await database.sql(`select attname, col_description(attrelid, attnum) as comment,
      obj_description(attrelid, 'pg_class') as of from pg_attribute
      where attrelid = 'public_1_a.customers'::regclass order by attnum`),
  ).toEqual([
    { attname: 'id', comment: null, of: 'who buys' },
    { attname: 'full_name', comment: 'first and last', of: 'who buys' },
    { attname: 'a', comment: 'new', of: 'who buys' },
  ]);
  await session.query('reset role');
  await engine.rollback(shop, [], phaseRun());
  await database.sql(`drop owned by ${role}; drop role ${role}`);
});
