import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const fruits = `create table shops (id int primary key, fruit_id int);
  create table baskets (id int primary key, weight int);
  insert into baskets values (1, 5);
  create table fruits (id int primary key, name text not null, price numeric not null, "Size" text constraint sized check ("Size" <> ''));
  create index by_name on fruits (name);
  create unique index by_id_name on fruits (id, name);
  insert into fruits select n, 'Fruit ' || n, n, 'big' from generate_series(1, 200) n`;

/** Those that need no second column: several in one file, each about something of its own. */
export const plainCases: readonly LifecycleCase[] = [
  {
    name: 'rename_column, rename_table, rename_constraint, drop_column, drop_table, drop_index, create_index, set_replica_identity',
    before: fruits,
    operations: [
      { rename_column: { table: 'fruits', from: 'name', to: 'title' } },
      { rename_table: { from: 'fruits', to: 'Fruit "s' } },
      { rename_constraint: { table: 'Fruit "s', from: 'sized', to: 'has_size' } },
      { drop_column: { table: 'Fruit "s', column: 'price', down: `length(title)` } },
      { drop_table: { name: 'baskets' } },
      { drop_index: { name: 'by_name' } },
      {
        create_index: {
          table: 'Fruit "s',
          name: 'by_title',
          columns: [
            { column: 'title', sort: 'DESC', nulls: 'LAST', opclass: { name: 'text_pattern_ops' }, collate: '"C"' },
            { column: 'id' },
          ],
          predicate: `title <> 'none'`,
          storage_parameters: 'fillfactor = 70',
        },
      },
      { set_replica_identity: { table: 'Fruit "s', identity: { type: 'INDEX', index: 'by_id_name' } } },
    ],
    oldWrites: (n) =>
      n % 2 === 0
        ? `insert into fruits values (${1000 + n}, 'old', ${n})`
        : `update fruits set name = 'Old' || ${n}, price = ${n} where id = ${n}`,
    newWrites: (n) =>
      n % 2 === 0
        ? `insert into "Fruit ""s" (id, title) values (${2000 + n}, 'new')`
        : `update "Fruit ""s" set title = 'New' where id = ${n}`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`insert into "Fruit ""s" (id, title) values (900, 'fig')`)).toBeUndefined();
      expect(await old.rows('select id, name, price, "Size" from fruits where id = 900')).toEqual([
        { id: 900, name: 'fig', price: '3', Size: null },
      ]);
      expect(await old.value('select weight from baskets')).toBe(5);
      expect(await fresh.state('select price from "Fruit ""s"')).toBe('42703');
      // It is still there by its place in the database, for both.
      expect(await old.value(`select count(*)::int from pg_indexes where indexname = 'by_name'`)).toBe(1);
    },
    async afterBackfill({ old }) {
      expect(await old.value(`select indexdef from pg_indexes where indexname = 'by_title'`)).toBe(
        `CREATE INDEX by_title ON public.fruits USING btree (name COLLATE "C" text_pattern_ops DESC NULLS LAST, id) WITH (fillfactor='70') WHERE (name <> 'none'::text)`,
      );
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select table_name as of, column_name as name from information_schema.columns
          where table_schema = 'public' order by table_name collate "C", ordinal_position`),
      ).toEqual([
        ...['id', 'title', 'Size'].map((name) => ({ of: 'Fruit "s', name })),
        ...['id', 'fruit_id'].map((name) => ({ of: 'shops', name })),
      ]);
      expect(
        await fresh.rows(
          `select indexname as name from pg_indexes where schemaname = 'public' and tablename ~ 'Fruit' order by 1`,
        ),
      ).toEqual(['by_id_name', 'by_title', 'fruits_pkey'].map((name) => ({ name })));
      expect(await fresh.value(`select count(*)::int from pg_constraint where conname = 'has_size'`)).toBe(1);
      expect(await fresh.value(`select relreplident from pg_class where relname = 'Fruit "s' and relkind = 'r'`)).toBe(
        'i',
      );
    },
  },
  {
    name: 'sql: up at expand, down at rollback',
    before: fruits,
    operations: [
      {
        sql: {
          up: 'create table "T 1" (id int); create view all_fruits as select * from fruits',
          down: 'drop table if exists "T 1"; drop view if exists all_fruits',
        },
      },
    ],
    oldWrites: (n) => `update fruits set name = 'Old' || ${n} where id = ${n}`,
    newWrites: (n) => `insert into "T 1" values (${n})`,
    async afterRollback({ old }) {
      expect(await old.state('select from "T 1"')).toBe('42P01');
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('select from public."T 1"')).toBeUndefined();
    },
  },
  {
    name: 'sql: at contract alone, beside other operations',
    before: fruits,
    operations: [
      { sql: { up: 'alter table fruits add column born timestamptz', onComplete: true } },
      { rename_column: { table: 'fruits', from: 'name', to: 'title' } },
    ],
    async afterExpand({ old }) {
      expect(await old.state('select born from fruits')).toBe('42703');
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('select born, title from public.fruits')).toBeUndefined();
    },
  },
];
