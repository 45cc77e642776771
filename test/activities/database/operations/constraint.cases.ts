import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const tickets = `create table sellers (name text, zip int, primary key (name, zip));
  insert into sellers select 'Seller ' || n, n from generate_series(1, 300) n;
  create table tickets (id int primary key, seller text not null, zip int, kind text not null default 'paper',
    constraint by_post unique (seller, zip), constraint zip_is_there check (zip > 0 or seller = 'Nobody'));
  create index by_kind on tickets (kind, zip desc);
  insert into tickets select n, 'Seller ' || n, n from generate_series(1, 300) n`;

const asTheyAre = { seller: 'seller', zip: 'zip' };

const constraintsOf = (table: string) => `select conname as name, pg_get_constraintdef(oid) as is from pg_constraint
  where conrelid = 'public.${table}'::regclass and contype <> 'n' and convalidated order by 1`;

export const constraintCases: readonly LifecycleCase[] = [
  {
    name: 'create_constraint: a check of two columns',
    before: tickets,
    operations: [
      {
        create_constraint: {
          table: 'tickets',
          name: 'known',
          type: 'check',
          columns: ['seller', 'zip'],
          check: `seller = 'Nobody' or zip < 1000`,
          up: asTheyAre,
          down: { seller: 'upper(left(seller, 1)) || substr(seller, 2)', zip: 'zip' },
        },
      },
    ],
    oldWrites: (n) => `update tickets set zip = ${(n % 9) * 100 + 1} where id = ${(n * 13) % 300}`,
    newWrites: (n) =>
      n % 2 === 0
        ? `update tickets set seller = 'seller ' || id where id = ${(n * 17) % 300}`
        : `insert into tickets (id, seller, zip) values (${n} + 5000, 'New ${n}', ${n})`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state('update tickets set zip = 1000 where id = 5')).toBe('23514');
      // What the new version does not take is not in the old one's way: the row counts as not filled.
      expect(await old.state('update tickets set zip = 1000 where id = 5')).toBeUndefined();
      expect(await fresh.value('select zip from tickets where id = 5')).toBe(null);
      expect(await old.state('update tickets set zip = 5 where id = 5')).toBeUndefined();
      expect(await fresh.value('select zip from tickets where id = 5')).toBe(5);
      // What down cannot tell stays, whatever else of the row is written by whom.
      expect(await fresh.state(`update tickets set seller = 'small' where id = 6`)).toBeUndefined();
      expect(await old.value('select seller from tickets where id = 6')).toBe('Small');
      expect(await fresh.state('update tickets set zip = 6 where id = 6')).toBeUndefined();
      expect(await old.state('update tickets set zip = 7 where id = 6')).toBeUndefined();
      expect(await fresh.rows('select seller, zip from tickets where id = 6')).toEqual([{ seller: 'small', zip: 7 }]);
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('update tickets set zip = 1000 where id = 5')).toBe('23514');
      expect(await fresh.rows(constraintsOf('tickets'))).toEqual([
        { name: 'by_post', is: 'UNIQUE (seller, zip)' },
        { name: 'known', is: `CHECK (((seller = 'Nobody'::text) OR (zip < 1000)))` },
        { name: 'tickets_pkey', is: 'PRIMARY KEY (id)' },
        { name: 'zip_is_there', is: `CHECK (((zip > 0) OR (seller = 'Nobody'::text)))` },
      ]);
      expect(
        await fresh.value(`select indexdef from pg_indexes where schemaname = 'public' and indexname = 'by_kind'`),
      ).toBe('CREATE INDEX by_kind ON public.tickets USING btree (kind, zip DESC)');
    },
  },
  {
    name: 'create_constraint: a foreign key of two columns, and a unique one of a third',
    before: tickets,
    operations: [
      {
        create_constraint: {
          table: 'tickets',
          name: 'of_seller',
          type: 'foreign_key',
          columns: ['seller', 'zip'],
          references: { table: 'sellers', columns: ['name', 'zip'], on_delete: 'CASCADE' },
          up: asTheyAre,
          down: asTheyAre,
        },
      },
      {
        create_constraint: {
          table: 'tickets',
          name: 'one_kind',
          type: 'unique',
          columns: ['kind'],
          index_parameters: { include_columns: ['id'], storage_parameters: 'fillfactor = 70' },
          up: { kind: `kind || '-' || id` },
          down: { kind: `split_part(kind, '-', 1)` },
        },
      },
    ],
    oldWrites: (n) => `update tickets set zip = ${n % 2 === 0 ? 'id' : 'null'} where id = ${(n * 13) % 300}`,
    newWrites: (n) =>
      `insert into tickets (id, seller, zip, kind) values (${n} + 5000, 'Seller ' || ${n} % 20 + 1, null, 'k-${n}')`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`update tickets set zip = 999 where id = 5`)).toBe('23503');
      expect(await old.state(`update tickets set zip = 999 where id = 5`)).toBeUndefined();
      expect(await fresh.value('select zip from tickets where id = 5')).toBe(null);
      expect(await old.state(`update tickets set zip = 5 where id = 5`)).toBeUndefined();
      expect(await fresh.value('select zip from tickets where id = 5')).toBe(5);
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state(`update tickets set zip = 999 where id = 7`)).toBe('23503');
      expect(await fresh.state(`update tickets set kind = 'paper-8' where id = 7`)).toBe('23505');
      expect(await fresh.value(`select indexdef from pg_indexes where indexname = 'one_kind'`)).toBe(
        `CREATE UNIQUE INDEX one_kind ON public.tickets USING btree (kind) INCLUDE (id) WITH (fillfactor='70')`,
      );
    },
  },
  {
    name: 'create_constraint: a primary key, on a serial column that may be null and in a table that is made beside it',
    before: `create table notes (id int, key int not null unique, text text);
      create sequence notes_id_seq owned by notes.id;
      alter table notes alter column id set default nextval('notes_id_seq');
      insert into notes (key, text) select n, 'note ' || n from generate_series(1, 200) n`,
    operations: [
      {
        create_constraint: {
          table: 'notes',
          name: 'notes_key',
          type: 'primary_key',
          columns: ['id'],
          up: { id: 'coalesce(id, -key)' },
          down: { id: 'id' },
        },
      },
      {
        create_table: {
          name: 'tasks',
          columns: [
            { name: 'id', type: 'serial' },
            { name: 'at', type: 'int' },
          ],
        },
      },
      {
        create_constraint: {
          table: 'tasks',
          name: 'tasks_pkey',
          type: 'primary_key',
          columns: ['id'],
          up: { id: 'id' },
          down: { id: 'id' },
        },
      },
      {
        alter_column: {
          table: 'tasks',
          column: 'at',
          type: 'timestamptz',
          nullable: true,
          default: 'now()',
          unique: { name: 'at_once' },
        },
      },
    ],
    oldWrites: (n) =>
      `insert into notes (${n % 2 === 0 ? 'id, ' : ''}key) values (${n % 2 === 0 ? 'null, ' : ''}${n} + 1000)`,
    newWrites: (n) => `insert into notes (key) values (${n} + 2000)`,
    async afterExpand({ new: fresh }) {
      expect(await fresh.state('insert into tasks default values')).toBeUndefined();
      expect(
        await fresh.value(`select pg_get_constraintdef(oid) from pg_constraint where conname = 'tasks_pkey'`),
      ).toBe('PRIMARY KEY (id)');
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.rows(constraintsOf('notes'))).toEqual([
        { name: 'notes_key', is: 'PRIMARY KEY (id)' },
        { name: 'notes_key_key', is: 'UNIQUE (key)' },
      ]);
      expect(await fresh.value(`select pg_get_serial_sequence('public.notes', 'id')`)).toBe('public.notes_id_seq');
    },
  },
  {
    name: 'drop_multicolumn_constraint: the old version never sees what the constraint forbids',
    before: tickets,
    operations: [
      {
        drop_multicolumn_constraint: {
          table: 'tickets',
          name: 'zip_is_there',
          down: { zip: 'greatest(zip, 1)', seller: 'seller' },
        },
      },
    ],
    oldWrites: (n) => `update tickets set zip = ${n} where id = ${(n * 13) % 300}`,
    newWrites: (n) => `update tickets set zip = -${n} where id = ${(n * 17) % 300}`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state('update tickets set zip = -1 where id = 5')).toBeUndefined();
      expect(await old.value('select zip from tickets where id = 5')).toBe(1);
      expect(await old.state('update tickets set zip = -1 where id = 5')).toBe('23514');
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('update tickets set zip = -2 where id = 5')).toBeUndefined();
      expect(await fresh.rows(constraintsOf('tickets'))).toEqual([
        { name: 'by_post', is: 'UNIQUE (seller, zip)' },
        { name: 'tickets_pkey', is: 'PRIMARY KEY (id)' },
      ]);
    },
  },
  {
    name: 'drop_constraint: a foreign key of one column',
    before: `create table users (id int primary key); insert into users select generate_series(1, 20);
      create table posts (id int primary key, user_id int not null constraint posts_user references users on delete cascade);
      insert into posts select n, n % 20 + 1 from generate_series(1, 150) n`,
    operations: [
      { drop_constraint: { table: 'posts', name: 'posts_user', up: 'user_id', down: 'least(user_id, 20)' } },
    ],
    oldWrites: (n) => `update posts set user_id = ${(n % 20) + 1} where id = ${n}`,
    newWrites: (n) => `update posts set user_id = 1000 + ${n} where id = ${n + 50}`,
    async afterContract({ new: fresh }) {
      expect(await fresh.state('update posts set user_id = 5000 where id = 5')).toBeUndefined();
      expect(await fresh.rows(constraintsOf('posts'))).toEqual([{ name: 'posts_pkey', is: 'PRIMARY KEY (id)' }]);
    },
  },
];
