import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const sales = `create table sales (id int not null, day date not null, amount int default 1, primary key (id, day)) partition by range (day);
  create index by_amount on sales (amount);
  create table sales_1 partition of sales for values from ('2026-01-01') to ('2026-02-01');
  create table sales_2 partition of sales for values from ('2026-02-01') to ('2026-03-01');
  create table "Sales 3" (like sales including all);
  insert into sales select n, '2026-01-05' from generate_series(1, 50) n;
  insert into "Sales 3" select n, '2026-03-05' from generate_series(1, 50) n`;

export const partitionCases: readonly LifecycleCase[] = [
  {
    name: 'attach_partition and detach_partition: a table comes into another one, and a part of it goes',
    before: sales,
    operations: [
      {
        attach_partition: { table: 'sales', partition: 'Sales 3', values: `FROM ('2026-03-01') TO ('2026-04-01')` },
      },
      { detach_partition: { table: 'sales', partition: 'sales_1' } },
    ],
    oldWrites: (n) =>
      n % 2 === 0
        ? `insert into "Sales 3" values (${1000 + n}, '2026-03-10')`
        : `update sales set amount = amount + 1 where id = ${n}`,
    newWrites: (n) => `insert into sales values (${2000 + n}, '2026-02-10')`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.value('select count(*)::int from sales')).toBe(50);
      expect(await old.state(`insert into "Sales 3" values (900, '2026-05-05')`)).toBeUndefined();
      expect(await old.state(`delete from "Sales 3" where id = 900`)).toBeUndefined();
    },
    async afterRollback({ old }) {
      expect(await old.value(`select count(*)::int from pg_inherits where inhrelid = '"Sales 3"'::regclass`)).toBe(0);
    },
    async afterBackfill({ old, new: fresh }) {
      expect(await fresh.value(`select count(*)::int from sales where id = 7`)).toBe(2);
      expect(await fresh.state(`insert into sales values (901, '2026-03-15')`)).toBeUndefined();
      expect(await old.value('select count(*)::int from "Sales 3" where id = 901')).toBe(1);
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select inhrelid::regclass::text as part, pg_get_expr(relpartbound, inhrelid) as bound
          from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'public.sales'::regclass order by 1`),
      ).toEqual([
        { part: '"Sales 3"', bound: `FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')` },
        { part: 'sales_2', bound: `FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')` },
      ]);
      expect(await fresh.value('select count(*)::int from sales_1')).toBe(50);
      expect(await fresh.value(`select count(*)::int from sales where id = 7`)).toBe(1);
      expect(
        await fresh.value(
          `select count(*)::int from pg_constraint where conrelid = 'public."Sales 3"'::regclass and contype = 'c'`,
        ),
      ).toBe(0);
    },
  },
];
