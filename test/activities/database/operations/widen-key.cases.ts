import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const shop = `create table customers (id serial primary key, name text not null, friend_id int references customers on delete set null);
  alter sequence customers_id_seq maxvalue 1000000 cache 2 cycle;
  create table orders (id int generated always as identity (start with 1 minvalue -5 cache 3 cycle) primary key, customer_id int not null, note text,
    constraint of_customer foreign key (customer_id) references customers on delete cascade);
  create table lines (order_id int references orders on delete cascade, n int, customer_id bigint constraint line_of references customers,
    primary key (order_id, n));
  create index by_customer on orders (customer_id);
  insert into customers (name, friend_id) select 'c' || n, nullif(n - 1, 0) from generate_series(1, 150) n;
  insert into orders (customer_id) select n from generate_series(1, 150) n;
  insert into lines select n, 1, n from generate_series(1, 150) n`;

export const widenKeyCases: readonly LifecycleCase[] = [
  {
    name: 'widen_key: a serial key, with what refers to it, itself included',
    before: shop,
    operations: [{ widen_key: { table: 'customers' } }, { widen_key: { table: 'orders' } }],
    oldWrites: (n) =>
      n % 3 === 0
        ? `with c as (insert into customers (name, friend_id) values ('old', ${n}) returning id) insert into orders (customer_id) select 5 from c`
        : n % 3 === 1
          ? `insert into orders (customer_id) values (${n})`
          : `insert into customers (id, name) values (${100_000 + n}, 'given')`,
    newWrites: (n) =>
      n % 3 === 0
        ? `insert into customers (name, friend_id) values ('new', ${n})`
        : n % 3 === 1
          ? `update orders set customer_id = 7 where id = ${n}`
          : `insert into lines values (${n}, 2, ${n})`,
    async afterExpand({ old, new: fresh }) {
      const id = await fresh.value(`insert into customers (name) values ('by sequence') returning id`);
      expect(await old.value(`select id::text from customers where name = 'by sequence'`)).toBe(String(id));
      expect(await fresh.state(`insert into customers (id, name) values (90000, 'given')`)).toBeUndefined();
      expect(await old.value('select name from customers where id = 90000')).toBe('given');
      expect(await fresh.state(`insert into customers (id, name) values (3000000000, 'too much')`)).toBe('22003');
      expect(await fresh.state('delete from customers where id = 90000')).toBeUndefined();
    },
    async afterBackfill({ new: fresh }) {
      expect(await fresh.state('update orders set customer_id = 80000 where id = 3')).toBe('23503');
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select table_name || '.' || column_name as of, data_type as type, is_identity as identity
          from information_schema.columns where table_schema = 'public' and column_name ~ 'id$' order by 1`),
      ).toEqual([
        { of: 'customers.friend_id', type: 'bigint', identity: 'NO' },
        { of: 'customers.id', type: 'bigint', identity: 'NO' },
        { of: 'lines.customer_id', type: 'bigint', identity: 'NO' },
        { of: 'lines.order_id', type: 'bigint', identity: 'NO' },
        { of: 'orders.customer_id', type: 'bigint', identity: 'NO' },
        { of: 'orders.id', type: 'bigint', identity: 'YES' },
      ]);
      expect(
        await fresh.rows(`select conname as name, pg_get_constraintdef(oid) as is from pg_constraint
          where connamespace = 'public'::regnamespace and contype in ('p', 'f') and convalidated order by 1`),
      ).toEqual(
        [
          {
            name: 'customers_friend_id_fkey',
            is: 'FOREIGN KEY (friend_id) REFERENCES customers(id) ON DELETE SET NULL',
          },
          { name: 'customers_pkey', is: 'PRIMARY KEY (id)' },
          { name: 'line_of', is: 'FOREIGN KEY (customer_id) REFERENCES customers(id)' },
          { name: 'lines_order_id_fkey', is: 'FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE' },
          { name: 'lines_pkey', is: 'PRIMARY KEY (order_id, n)' },
          { name: 'of_customer', is: 'FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE' },
          { name: 'orders_pkey', is: 'PRIMARY KEY (id)' },
        ].map((row) => ({ ...row, is: row.is.replace('REFERENCES ', 'REFERENCES public.') })),
      );
      expect(
        await fresh.rows(`select seqtypid::regtype::text as type, seqstart as start, seqmin as min, seqmax as max, seqcache as cache, seqcycle as cycle
          from pg_sequence where seqrelid in ('public.customers_id_seq'::regclass, 'public.orders_id_seq'::regclass) order by seqmin desc`),
      ).toEqual([
        { type: 'bigint', start: '1', min: '1', max: '1000000', cache: '2', cycle: true },
        { type: 'bigint', start: '1', min: '-5', max: '9223372036854775807', cache: '3', cycle: true },
      ]);
      const orders = await fresh.value(
        'insert into orders (customer_id) values (1) returning id > (select max(id) from orders)',
      );
      expect(orders).toBe(true);
      expect(await fresh.state(`insert into orders (id, customer_id) values (1, 1)`)).toBe('428C9');
      expect(await fresh.state(`insert into customers (id, name) values (3000000000, 'big')`)).toBeUndefined();
      expect(await fresh.state('insert into orders (customer_id) values (3000000000)')).toBeUndefined();
    },
  },
];
