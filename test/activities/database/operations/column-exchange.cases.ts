import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const people = `create table people (id int primary key, name text not null, street text, house text, note text);
  create index by_name on people (name);
  insert into people select n, 'First' || n || ' Last' || n, 'Street ' || n, n, null from generate_series(1, 150) n`;

export const columnExchangeCases: readonly LifecycleCase[] = [
  {
    name: 'split_column and merge_columns, in one table, with a name that is used again',
    before: people,
    operations: [
      {
        split_column: {
          table: 'people',
          column: 'name',
          into: [
            {
              name: 'first_name',
              type: 'text',
              nullable: false,
              comment: 'as she says it',
              up: `split_part(name, ' ', 1)`,
            },
            { name: 'name', type: 'varchar(40)', nullable: true, up: `nullif(split_part(name, ' ', 2), '')` },
          ],
          down: `concat_ws(' ', first_name, name)`,
        },
      },
      {
        merge_columns: {
          table: 'people',
          from: [
            { column: 'street', down: `split_part(address, ', ', 1)` },
            { column: 'house', down: `split_part(address, ', ', 2)` },
          ],
          into: {
            name: 'address',
            type: 'text',
            default: `'nowhere, 0'`,
            nullable: false,
            up: `concat_ws(', ', street, house)`,
          },
        },
      },
    ],
    oldWrites: (n) =>
      n % 3 === 0
        ? `insert into people (id, name, street) values (${1000 + n}, 'Old${n} Writer', 'Old')`
        : n % 3 === 1
          ? `update people set name = 'Old${n} Up' where id = ${n}`
          : `update people set house = 'o${n}' where id = ${n}`,
    newWrites: (n) =>
      n % 3 === 0
        ? `insert into people (id, first_name, address) values (${2000 + n}, 'New${n}', 'New, ${n}')`
        : n % 3 === 1
          ? `update people set name = 'New${n}' where id = ${n + 20}`
          : `update people set address = 'New, ${n}' where id = ${n}`,
    disagree: `select count(*) from people where name <> concat_ws(' ', first_name, "_sluice_1_new_name")
      or concat_ws(', ', street, house) <> address`,
    async afterExpand({ old, new: fresh }) {
      expect(Object.keys((await fresh.rows('select * from people limit 1'))[0] as object)).toEqual([
        'id',
        'first_name',
        'name',
        'address',
        'note',
      ]);
      // Not filled yet: what the new version leaves as it is comes from the old column.
      expect(await fresh.state(`update people set first_name = 'Zoe' where id = 100`)).toBeUndefined();
      expect(await old.value('select name from people where id = 100')).toBe('Zoe Last100');
      expect(await fresh.rows('select first_name, name, address from people where id = 100')).toEqual([
        { first_name: 'Zoe', name: 'Last100', address: 'Street 100, 100' },
      ]);
      expect(await old.state(`update people set name = 'A B' where id = 100`)).toBeUndefined();
      expect(await fresh.rows('select first_name, name from people where id = 100')).toEqual([
        { first_name: 'A', name: 'B' },
      ]);
      // One of them is enough to be the new version's, and the other one stays null.
      expect(await fresh.state(`insert into people (id, first_name) values (900, 'One Two')`)).toBeUndefined();
      expect(await old.rows('select name, street, house from people where id = 900')).toEqual([
        { name: 'One Two', street: 'nowhere', house: '0' },
      ]);
      expect(await old.state(`update people set note = 'touched' where id = 900`)).toBeUndefined();
      expect(await fresh.rows('select first_name, name from people where id = 900')).toEqual([
        { first_name: 'One Two', name: null },
      ]);
      expect(await old.state(`update people set house = '7' where id = 900`)).toBeUndefined();
      expect(await fresh.value('select address from people where id = 900')).toBe('nowhere, 7');
      // Too long for one of the new columns: the old version is not in the way of itself.
      expect(await old.state(`update people set name = 'Ann ' || repeat('x', 50) where id = 900`)).toBeUndefined();
      expect(await fresh.rows('select first_name, name from people where id = 900')).toEqual([
        { first_name: 'Ann', name: null },
      ]);
      expect(await old.state(`update people set name = 'Ann' where id = 900`)).toBeUndefined();
      expect(await fresh.state(`update people set first_name = null where id = 900`)).toBe('23514');
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select column_name as name, is_nullable as nullable, column_default as default
          from information_schema.columns where table_schema = 'public' and table_name = 'people' order by 1`),
      ).toEqual([
        { name: 'address', nullable: 'NO', default: `'nowhere, 0'::text` },
        { name: 'first_name', nullable: 'NO', default: null },
        { name: 'id', nullable: 'NO', default: null },
        { name: 'name', nullable: 'YES', default: null },
        { name: 'note', nullable: 'YES', default: null },
      ]);
      expect(await fresh.value('select name from public.people where id = 148')).toBe('Last148');
      expect(await fresh.state(`insert into public.people (id, first_name) values (901, null)`)).toBe('23502');
      expect(await fresh.value(`select count(*)::int from pg_indexes where indexname = 'by_name'`)).toBe(0);
    },
  },
];
