import { expect, inject, it } from 'vitest';
import { readOperationFiles } from '../../../../activities/database/operations/operation-file.js';
import { planMigration } from '../../../../activities/database/operations/migration-plan.js';
import { readCatalogue } from '../../../../activities/database/operations/read-catalogue.js';
import { runTrials } from '../../../../activities/database/operations/operations-check.js';
import { connect } from '../../../../activities/database/connection.js';
import { scratchDatabase } from '../scratch.js';

const shop = `create table users (id int primary key, name text not null, born date default now(), mail text,
    age int generated always as (1) stored, constraint one_mail unique (mail));
  create table orders (id int primary key, user_mail text constraint of_user references users (mail), during int4range,
    total int, constraint alone exclude using gist (during with &&));
  alter table orders add constraint orders_total_check check (total > 0) not valid;
  create table parts (id int) partition by range (id);
  create table later (id int);
  create index later_id on later (id);
  insert into later values (5), (50);
  create table wares (id int) partition by list (id);
  create table others partition of wares default;
  create table keyed (id int primary key) partition by range (id);
  create table of_keyed (id int constraint of_key references keyed);
  create index by_name on users (name) where name <> '';
  create index parts_id on parts (id);
  create view names as select name from users;
  create function mails() returns trigger language plpgsql as 'begin return new; end';
  create trigger mails before update of mail on users for each row execute function mails();
  create table ring_a (id int primary key, b int);
  create table ring_b (id int primary key references ring_a);
  alter table ring_a add foreign key (b) references ring_b;
  create type size as enum ('small', 'large');
  create table measured (id int primary key, a int, b int, c int);
  create statistics of_both on a, b from measured;
  create table boxes (id int primary key, size size, many size[]);
  create index large on boxes (id) where size = 'large';
  insert into users (id, name, mail) values (1, 'one', 'a')`;

/** Each operation, and what is said against it; none of them is anywhere near the database then. */
const refused: readonly (readonly [string, unknown, RegExp])[] = [
  [
    'rename_column',
    { table: 'users', from: 'nam', to: 'mail' },
    /:from: .*did you mean "name"\?\n:to: expected a name of its own, found another "mail" in users/,
  ],
  [
    'rename_table',
    { from: 'user', to: 'orders' },
    /:from: .*did you mean "users"\?\n:to: expected a name of its own, found another "orders"/,
  ],
  [
    'rename_constraint',
    { table: 'users', from: 'one_mial', to: 'by_name' },
    /:from: .*did you mean "one_mail"\?\n:to: expected a name of its own, found another "by_name" on users/,
  ],
  [
    'drop_table',
    { name: 'users' },
    /:name: expected a table that no other refers to, found the foreign key "of_user" of orders on users/,
  ],
  [
    'alter_column',
    { table: 'measured', column: 'a', type: 'bigint' },
    /expected nothing to stand on measured\.a but its own constraints and indexes, found statistics object of_both; drop it/,
  ],
  [
    'drop_column',
    { table: 'measured', column: 'b' },
    /expected nothing to stand on measured\.b .* found statistics object of_both; drop it/,
  ],
  ['drop_index', { name: 'by_nam' }, /:name: expected an index of public, found none .*did you mean "by_name"\?/],
  ['drop_index', { name: 'one_mail' }, /found that of a constraint of users; drop the constraint/],
  ['drop_index', { name: 'parts_id' }, /found one of parts, which has partitions/],
  ['create_index', { table: 'parts', name: 'p', columns: [{ column: 'id' }] }, /found parts, which has partitions/],
  [
    'create_index',
    { table: 'users', name: 'orders', columns: [{ column: 'nam' }] },
    /:columns,0,column: .*did you mean "name"\?\n:name: expected a name of its own, found another "orders"/,
  ],
  [
    'create_index',
    { table: 'users', name: 'broken', columns: [{ column: 'name' }], predicate: 'nam is null' },
    /column "nam" does not exist/,
  ],
  [
    'set_replica_identity',
    { table: 'users', identity: { type: 'index', index: 'by_name' } },
    /found one that is not unique\n.*found one of expressions or of some rows only/,
  ],
  [
    'set_replica_identity',
    { table: 'users', identity: { type: 'index', index: 'one_mail' } },
    /found mail, which may be null/,
  ],
  [
    'sql',
    { up: 'create index concurrently i on users (name); commit' },
    /:up: .*cannot run.*\n:up: .*must not begin or end itself/,
  ],
  ['sql', { up: 'select 1', down: 'select 2', onComplete: true }, /:down: expected no down together with onComplete/],
  ['drop_column', { table: 'users', column: 'id' }, /found that id is part of "users_pkey"/],
  ['drop_column', { table: 'users', column: 'mail' }, /found "of_user" of orders on users.mail; drop that first/],
  [
    'drop_column',
    { table: 'users', column: 'name' },
    /expected down, a value for the rows that the new version inserts, found none/,
  ],
  [
    'drop_column',
    { table: 'users', column: 'name', down: 'nam' },
    /expected nothing to stand on users.name .* found rule _RETURN on view names[^]*column "nam" does not exist/,
  ],
  ['alter_column', { table: 'users', column: 'name' }, /expected something to change, found nothing/],
  [
    'alter_column',
    { table: 'users', column: 'born', nullable: false },
    /:nullable: expected up, which tells what null becomes/,
  ],
  ['alter_column', { table: 'users', column: 'name', nullable: true }, /:nullable: expected down/],
  [
    'alter_column',
    { table: 'users', column: 'age', type: 'text' },
    /found users.age, whose values the server gives \(stored\)/,
  ],
  ['alter_column', { table: 'users', column: 'age', default: '3' }, /:default: expected a column that clients write/],
  ['alter_column', { table: 'parts', column: 'id', type: 'text' }, /found parts, which has partitions/],
  [
    'alter_column',
    { table: 'orders', column: 'during', type: 'text' },
    /found the constraint "alone", which cannot be built without/,
  ],
  [
    'alter_column',
    { table: 'orders', column: 'total', type: 'text' },
    /expected the constraint "orders_total_check" of orders to be valid/,
  ],
  ['alter_column', { table: 'users', column: 'name', type: 'txt' }, /:type: type "txt" does not exist/],
  ['alter_column', { table: 'users', column: 'born', type: 'int' }, /:type: .*cannot cast type date to integer/],
  [
    'alter_column',
    { table: 'users', column: 'born', type: 'int', up: '7', down: 'now', default: null },
    /:down: column "now" does not exist/,
  ],
  [
    'alter_column',
    { table: 'users', column: 'born', type: 'text', up: 'born::text', down: 'born::int', default: null },
    /:down: cannot cast/,
  ],
  [
    'alter_column',
    {
      table: 'users',
      column: 'name',
      unique: { name: 'by_name' },
      references: { name: 'f', table: 'orders', column: 'total' },
    },
    /:unique,name: .*another "by_name"[^]*:references: expected columns of orders that are unique, found total/,
  ],
  [
    'create_constraint',
    { table: 'users', name: 'c', type: 'check', columns: ['name'], up: {}, down: {} },
    /: expected check in a constraint of type check, found none/,
  ],
  [
    'alter_column, twice',
    [
      { alter_column: { table: 'users', column: 'name', type: 'varchar' } },
      { alter_column: { table: 'users', column: 'name', type: 'citext' } },
    ],
    /:column: expected one change of users.name in a file, found another one before; put them into one operation, or into two files/,
  ],
  [
    'split_column, of a column that the file makes',
    [
      { add_column: { table: 'users', column: { name: 'nick', type: 'text', nullable: true } } },
      { rename_column: { table: 'users', from: 'nick', to: 'nickname' } },
      {
        split_column: {
          table: 'users',
          column: 'nickname',
          into: [
            { name: 'a', type: 'text', up: 'nickname' },
            { name: 'b', type: 'text', up: 'nickname' },
          ],
          down: 'a',
        },
      },
    ],
    /:column: expected one change of users.nickname in a file, found another one before/,
  ],
  [
    'create_constraint',
    { table: 'users', name: 'c', type: 'check', check: 'true', up: {}, down: {} },
    /expected columns, the ones the condition reads, found none/,
  ],
  [
    'create_constraint',
    { table: 'users', name: 'c', type: 'primary_key', columns: ['name'], up: { name: 'name' }, down: { born: '1' } },
    /:type: .*found "users_pkey" on users\n:down: .*found none for "name"\n:down,born: expected one of the constraint's columns, name, found "born"/,
  ],
  [
    'create_constraint',
    {
      table: 'users',
      name: 'c',
      type: 'foreign_key',
      columns: ['name', 'born'],
      references: { table: 'orders', columns: ['id'] },
      up: {},
      down: {},
    },
    /:references: expected as many columns of orders as there are in columns, 2, found 1/,
  ],
  [
    'drop_constraint',
    { table: 'users', name: 'users_pkey', up: 'id', down: 'id' },
    /found that "users_pkey" is the primary key/,
  ],
  [
    'drop_constraint',
    { table: 'users', name: 'one_mail', up: 'mail', down: 'mail' },
    /found "of_user" of orders on users.mail/,
  ],
  [
    'drop_multicolumn_constraint',
    { table: 'orders', name: 'of_user', down: {} },
    /:down: .*found none for "user_mail"/,
  ],
  [
    'change_enum',
    { name: 'sizes', add: [{ value: 'xl' }] },
    /:name: expected an enum type of public, .*did you mean "size"\?/,
  ],
  ['change_enum', { name: 'size' }, /expected values to add, rename or remove, found none/],
  [
    'change_enum',
    { name: 'size', add: [{ value: 'small', after: 'medium', becomes: 'small' }] },
    /:add,0,value: .*another "small"\n:add,0,after: expected one of small, large, found "medium"/,
  ],
  [
    'change_enum',
    {
      name: 'size',
      add: [{ value: 'xl' }],
      rename: [{ from: 'big', to: 'large' }],
      remove: [{ value: 'small', becomes: 'tiny' }],
    },
    /:rename,0,from: .*found "big"\n:remove,0,becomes: expected one of large, xl, found "tiny"\n:add,0: expected becomes/,
  ],
  [
    'change_enum',
    { name: 'size', rename: [{ from: 'small', to: 's' }] },
    /expected no index, constraint or computed default that names a value of size, found "large" of boxes/,
  ],
  [
    'split_column',
    {
      table: 'users',
      column: 'mail',
      into: [
        { name: 'born', type: 'text', up: 'mail' },
        { name: 'host', type: 'txt', up: 'mial' },
        { name: 'host', type: 'text', up: 'mail' },
      ],
      down: 'host',
    },
    /:column: .*"of_user" of orders on users.mail[^]*:column: expected no constraint on users.mail, found the unique constraint "one_mail"[^]*:into,0,name: expected a name of its own, found another "born"[^]*:into,2,name: expected each column once, found "host" again/,
  ],
  [
    'split_column',
    {
      table: 'users',
      column: 'born',
      into: [
        { name: 'born', type: 'int', up: 'mail' },
        { name: 'month', type: 'txt', default: 'nowhere', up: 'extract(month from bron)' },
      ],
      down: 'make_date(born, month, 1)',
    },
    /:into,0,up: invalid input syntax for type integer: "…"[^]*:into,1,type: type "txt" does not exist[^]*:into,1,up: /,
  ],
  [
    'split_column',
    {
      table: 'parts',
      column: 'id',
      into: [
        { name: 'a', type: 'int', up: 'id' },
        { name: 'b', type: 'int', up: 'id' },
      ],
      down: 'a',
    },
    /:column: expected a plain table, found parts, which has partitions/,
  ],
  [
    'merge_columns',
    {
      table: 'users',
      from: [
        { column: 'age', down: '1' },
        { column: 'brn', down: '1' },
        { column: 'age', down: '1' },
      ],
      into: { name: 'name', type: 'text', up: 'age' },
    },
    /:from,0,column: .*users.age, whose values the server gives \(stored\)[^]*:from,1,column: .*did you mean "born"\?[^]*:from,2,column: expected each column once, found "age" again[^]*:into,name: expected a name of its own, found another "name"/,
  ],
  [
    'merge_columns',
    {
      table: 'users',
      from: [
        { column: 'born', down: 'merged::date' },
        { column: 'name', down: 'nmae' },
      ],
      into: { name: 'merged', type: 'text', up: 'name' },
    },
    /:from,1,column: expected nothing to stand on users.name [^]*:from,0,down: invalid input syntax for type date: "…"[^]*:from,1,down: column "nmae" does not exist/,
  ],
  [
    'move_column',
    { table: 'users', column: 'born', to: 'orders', name: 'total', key: { from: 'nam', to: 'during' } },
    /:key,from: .*did you mean "name"\?[^]*:key,to: expected a column of orders that is unique by itself, found during[^]*:column: expected a column without a default, found users.born[^]*:name: expected a name of its own, found another "total" in orders/,
  ],
  [
    'move_column',
    { table: 'users', column: 'name', to: 'boxes', key: { from: 'id', to: 'id' } },
    /:column: expected down, a value for the rows that the new version inserts, found none/,
  ],
  [
    'move_column',
    { table: 'users', column: 'name', to: 'boxes', key: { from: 'mail', to: 'id' }, down: 'nmae' },
    /:column: expected nothing to stand on users.name [^]*:key: operator does not exist: integer = text[^]*:down: column "nmae" does not exist/,
  ],
  [
    'move_column',
    { table: 'users', column: 'id', to: 'parts', key: { from: 'name', to: 'id' } },
    /:to: expected a plain table that is there, found parts, which has partitions[^]*:key,from: .*found name, which is not; make it so[^]*:column: expected a column outside the primary key/,
  ],
  [
    'move_column',
    { table: 'users', column: 'name', to: 'users', key: { from: 'id', to: 'id' } },
    /:to: expected another table/,
  ],
  [
    'attach_partition',
    { table: 'users', partition: 'later', values: 'IN (1)' },
    /:table: expected a table with partitions, found users, which has none/,
  ],
  [
    'attach_partition',
    { table: 'parts', partition: 'boxes', values: 'FROM (1) TO (10)' },
    /:partition: expected boxes to have the same as the index "parts_id" of parts, found nothing like it/,
  ],
  [
    'attach_partition',
    { table: 'parts', partition: 'later', values: 'FROM (1) TO (10)' },
    /:values: expected rows of later that fit its bound, found one that does not/,
  ],
  ['attach_partition', { table: 'parts', partition: 'later', values: 'FROM (1)' }, /:values: .*syntax error/],
  [
    'attach_partition',
    { table: 'wares', partition: 'later', values: 'IN (5)' },
    /:partition: expected no default partition of wares, found others, through which the server would look/,
  ],
  [
    'detach_partition',
    { table: 'keyed', partition: 'keyed_1' },
    /:table: expected a table that no foreign key refers to, found "of_key" of of_keyed on keyed/,
  ],
  [
    'detach_partition',
    { table: 'wares', partition: 'other' },
    /:partition: expected a partition of wares, found none called "other"; did you mean "others"\?/,
  ],
  [
    'widen_key',
    { table: 'users', column: 'name' },
    /:column: expected an integer or a smallint, found users.name, which is text/,
  ],
  ['widen_key', { table: 'parts' }, /:table: expected column, or a primary key of one column on parts, found none/],
  ['widen_key', { table: 'parts', column: 'id' }, /expected plain tables, found parts, which has partitions/],
  ['widen_key', { table: 'ring_a' }, /expected no tables that refer to each other in a circle, found ring_a, ring_b/],
];

it('refuses what cannot work before anything is changed, and says what to do', async () => {
  const database = await scratchDatabase();
  await database.sql(shop);
  const connection = await connect({
    url: database.url,
    applicationName: 'check',
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 10_000,
  });
  const catalogue = await readCatalogue(connection, 'public');
  for (const [kind, body, said] of refused) {
    const { migrations, problems: unread } = readOperationFiles([
      { name: '1.json', text: JSON.stringify({ operations: Array.isArray(body) ? body : [{ [kind]: body }] }) },
    ]);
    expect(unread).toEqual([]);
    const [migration] = migrations;
    const operations = (migration?.operations ?? []).map((each) => ({
      ...each,
      placeOf: (path: readonly unknown[]) => path.join(),
    }));
    if (migration === undefined) throw new Error('no migration');
    const { problems, trials } = planMigration({
      migration: { ...migration, operations },
      catalogue,
      serverMajor: 18,
      order: 1,
    });
    const tried = (await runTrials(connection, trials)).map(({ message }) => message);
    expect.soft([...problems, ...tried].map((message) => `:${message}`).join('\n'), JSON.stringify(body)).toMatch(said);
  }
  // A publication of single columns, from Postgres 15 on.
  if (inject('postgres') >= 15) {
    await database.sql('create publication narrow for table measured (id, c)');
    const change = { alter_column: { table: 'measured', column: 'c', type: 'bigint' } };
    expect(await triedOf(change)).toEqual([
      expect.stringMatching(
        /expected nothing to stand on measured\.c .* found publication of table measured in publication narrow; drop it/,
      ),
    ]);
  }
  // Without the index the rest comes to light.
  await database.sql('drop index large');
  expect(await triedOf({ change_enum: { name: 'size', rename: [{ from: 'small', to: 's' }] } })).toEqual([
    expect.stringMatching(
      /expected nothing to be of the type size but columns of tables, found column many of table boxes; change that first/,
    ),
  ]);
  await connection.close();

  async function triedOf(operation: object): Promise<readonly string[]> {
    const text = JSON.stringify({ operations: [operation] });
    const [migration] = readOperationFiles([{ name: '1.json', text }]).migrations;
    if (migration === undefined) throw new Error('no migration');
    const now = await readCatalogue(connection, 'public');
    const { trials } = planMigration({ migration, catalogue: now, serverMajor: 18, order: 1 });
    return (await runTrials(connection, trials)).map(({ message }) => message);
  }
});
