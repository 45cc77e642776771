import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const customers = `create table customers (id int primary key, name text not null, touched int not null default 0);
  insert into customers select n, 'Name' || n from generate_series(1, 400) n`;

export const addColumnCases: readonly LifecycleCase[] = [
  {
    name: 'add_column: NOT NULL, unique, checked and filled by up, with a default of the new version alone',
    before: customers,
    operations: [
      {
        add_column: {
          table: 'customers',
          up: `lower(name) || '@example.com'`,
          column: {
            name: 'email',
            type: 'varchar(80)',
            unique: true,
            default: `'none-' || gen_random_uuid()`,
            comment: 'where to write to',
            check: { name: 'is_address', constraint: `email ~ '@' or email ~ '^none'` },
          },
        },
      },
    ],
    oldWrites: (n) =>
      n % 3 === 0
        ? `update customers set name = 'Old' || ${n} where id = ${(n * 7) % 400}`
        : n % 3 === 1
          ? `insert into customers (id, name) values (${1_000 + n}, 'Born' || ${n})`
          : `update customers set touched = touched + 1 where id % 10 = 0`,
    newWrites: (n) =>
      n % 2 === 0
        ? `update customers set email = 'new${n}@example.org' where id = ${(n * 11) % 400}`
        : `insert into customers (id, name) values (${2_000 + n}, 'Fresh' || ${n})`,
    disagree: `select count(*) from customers
      where email <> lower(name) || '@example.com' and email !~ '@example.org$|^none-' or email is null`,
    async afterExpand(seen) {
      expect(await seen.old.state(`update customers set name = 'Anew' where id = 1`)).toBeUndefined();
      expect(await seen.new.value('select email from customers where id = 1')).toBe('anew@example.com');
      expect(await seen.new.state(`update customers set email = 'x@example.org' where id = 1`)).toBeUndefined();
      expect(await seen.old.state(`update customers set touched = 7 where id = 1`)).toBeUndefined();
      expect(await seen.new.value('select email from customers where id = 1')).toBe('x@example.org');
      // Neither null nor what the check refuses, from the version that knows of it; the old one is never in the way.
      expect(await seen.new.state('update customers set email = null where id = 1')).toBe('23514');
      expect(await seen.new.state(`update customers set email = 'nobody' where id = 1`)).toBe('23514');
      expect(await seen.old.state(`update customers set name = repeat('x', 90) where id = 2`)).toBeUndefined();
      expect(await seen.new.value('select email from customers where id = 2')).toBe(null);
      expect(await seen.old.state(`update customers set name = 'Short' where id = 2`)).toBeUndefined();
      expect(await seen.new.value('select email from customers where id = 2')).toBe('short@example.com');
    },
    async afterBackfill(seen) {
      expect(await seen.new.value('select count(*)::int from customers where email is null')).toBe(0);
    },
    async afterContract(seen) {
      expect(await seen.new.state('update customers set email = null where id = 1')).toBe('23502');
      expect(await seen.new.state(`update customers set email = 'nobody' where id = 1`)).toBe('23514');
      expect(
        await seen.old.value(`select string_agg(column_name || is_nullable, ',' order by ordinal_position)
        from information_schema.columns where table_name = 'customers' and table_schema = 'public'`),
      ).toBe('idNO,nameNO,touchedNO,emailNO');
    },
  },
  {
    name: 'add_column: with a default that is the same for all, in a schema and a table with awkward names',
    schema: `Sch"ema ä`,
    before: `create table "Or ders" ("Id" uuid primary key default gen_random_uuid(), "select" text);
      insert into "Or ders" ("select") select n::text from generate_series(1, 60) n`,
    operations: [
      {
        add_column: { table: 'Or ders', column: { name: `St"ate ${'ü'.repeat(25)}`, type: 'text', default: `'open'` } },
      },
    ],
    oldWrites: (n) => `insert into "Or ders" ("select") values ('${n}')`,
    newWrites: (n) => `insert into "Or ders" ("select") values ('${n}')`,
    async afterContract(seen) {
      expect(await seen.new.rows(`select distinct to_jsonb(o) - 'Id' - 'select' as row from "Or ders" o`)).toEqual([
        { row: { [`St"ate ${'ü'.repeat(25)}`]: 'open' } },
      ]);
    },
  },
];
