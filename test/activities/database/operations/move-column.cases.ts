import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const customers = `create table customers (id int primary key, name text not null, mail text, code varchar(20) not null);
  create table "Contacts" (n serial primary key, customer int unique references customers on delete cascade on update cascade, phone text, code int);
  comment on column customers.mail is 'where to write';
  insert into customers select n, 'c' || n, 'm' || n, 'code' || n from generate_series(1, 150) n;
  insert into "Contacts" (customer) select n from generate_series(1, 150) n`;

export const moveColumnCases: readonly LifecycleCase[] = [
  {
    name: 'move_column: two columns to a table with a row for each, under names that are there and are not',
    before: customers,
    operations: [
      { move_column: { table: 'customers', column: 'mail', to: 'Contacts', key: { from: 'id', to: 'customer' } } },
      {
        move_column: {
          table: 'customers',
          column: 'code',
          to: 'Contacts',
          name: 'Code ä',
          key: { from: 'id', to: 'customer' },
          down: `'none of ' || name`,
        },
      },
    ],
    oldWrites: (n) =>
      n % 3 === 0
        ? `with c as (insert into customers values (${1000 + n}, 'old', 'old${n}', 'o') returning id)
           select 1 from c; insert into "Contacts" (customer) values (${1000 + n})`
        : n % 3 === 1
          ? `update customers set mail = 'old${n}' where id = ${n}`
          : `update "Contacts" set phone = '${n}' where customer = ${n}`,
    newWrites: (n) =>
      n % 3 === 0
        ? `insert into customers (id, name) values (${2000 + n}, 'new'); insert into "Contacts" (customer, mail, "Code ä") values (${2000 + n}, 'new${n}', 'n')`
        : n % 3 === 1
          ? `update "Contacts" set mail = 'new${n}', "Code ä" = 'n${n}' where customer = ${n}`
          : `update customers set name = 'new' where id = ${n}`,
    disagree: `select count(*) from customers left join "Contacts" as c on c.customer = customers.id
      where customers.mail is distinct from c.mail or customers.code is distinct from c."Code ä"`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`update "Contacts" set mail = 'x' where customer = 100`)).toBeUndefined();
      expect(await old.rows('select mail, code from customers where id = 100')).toEqual([
        { mail: 'x', code: 'code100' },
      ]);
      expect(await old.state(`update customers set mail = null where id = 100`)).toBeUndefined();
      expect(await fresh.rows('select mail from "Contacts" where customer = 100')).toEqual([{ mail: null }]);
      // Each row belongs to another one with its key.
      expect(await old.state(`update customers set id = -id where id = 100`)).toBeUndefined();
      expect(await old.state(`update customers set mail = 'minus' where id = -100`)).toBeUndefined();
      expect(await fresh.value('select mail from "Contacts" where customer = -100')).toBe('minus');
      expect(await fresh.state(`insert into customers (id, name) values (900, 'Ann')`)).toBeUndefined();
      expect(await old.rows('select mail, code from customers where id = 900')).toEqual([
        { mail: null, code: 'none of Ann' },
      ]);
      expect(await old.state(`update customers set mail = 'early' where id = 900`)).toBeUndefined();
      expect(await old.state(`insert into "Contacts" (customer) values (900)`)).toBeUndefined();
      expect(await fresh.rows('select mail, "Code ä" as code from "Contacts" where customer = 900')).toEqual([
        { mail: 'early', code: 'none of Ann' },
      ]);
      expect(await fresh.state(`update "Contacts" set customer = null where customer = 900`)).toBeUndefined();
      expect(await old.value('select mail from customers where id = 900')).toBe('early');
      expect(await fresh.state(`update "Contacts" set customer = 900 where mail is null and customer is null`)).toBe(
        undefined,
      );
      expect(await fresh.value('select mail from "Contacts" where customer = 900')).toBe('early');
      expect(await fresh.state(`update "Contacts" set "Code ä" = null where customer = 900`)).toBe('23502');
      expect(await fresh.state('select mail from customers')).toBe('42703');
      // Two writers that lock the same two rows in opposite orders: the old one is never the victim.
      await old.state(`begin; update customers set name = 'held' where id = 101`);
      expect(await fresh.state(`update "Contacts" set mail = 'held' where customer = 101`)).toBe('55P03');
      expect(await old.state('commit')).toBeUndefined();
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select table_name as of, column_name as name, is_nullable as nullable, data_type as type from information_schema.columns
          where table_schema = 'public' and table_name in ('customers', 'Contacts') order by 1, 2`),
      ).toEqual([
        { of: 'Contacts', name: 'Code ä', nullable: 'YES', type: 'character varying' },
        { of: 'Contacts', name: 'code', nullable: 'YES', type: 'integer' },
        { of: 'Contacts', name: 'customer', nullable: 'YES', type: 'integer' },
        { of: 'Contacts', name: 'mail', nullable: 'YES', type: 'text' },
        { of: 'Contacts', name: 'n', nullable: 'NO', type: 'integer' },
        { of: 'Contacts', name: 'phone', nullable: 'YES', type: 'text' },
        { of: 'customers', name: 'id', nullable: 'NO', type: 'integer' },
        { of: 'customers', name: 'name', nullable: 'NO', type: 'text' },
      ]);
      expect(await fresh.value('select mail from public."Contacts" where customer = 148')).toBe('m148');
    },
  },
];
