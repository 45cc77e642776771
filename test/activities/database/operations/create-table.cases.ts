import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

export const createTableCases: readonly LifecycleCase[] = [
  {
    name: 'create_table: with keys, checks, comments and a foreign key to a table in use',
    before: `create table customers (id int primary key, name text not null);
      insert into customers select n, 'c' || n from generate_series(1, 50) n`,
    operations: [
      {
        create_table: {
          name: 'orders',
          comment: `what they've ordered`,
          columns: [
            { name: 'id', type: 'bigint', pk: true, generated: { identity: { user_specified_values: 'BY DEFAULT' } } },
            {
              name: 'customer_id',
              type: 'int',
              references: { name: 'orders_customer', table: 'customers', column: 'id', on_delete: 'CASCADE' },
            },
            {
              name: 'amount',
              type: 'numeric(10,2)',
              default: '0',
              check: { name: 'positive', constraint: 'amount >= 0' },
            },
            { name: 'note', type: 'text', nullable: true, comment: 'for the "kitchen"' },
          ],
          constraints: [{ name: 'one_note', type: 'unique', columns: ['customer_id', 'note'] }],
        },
      },
    ],
    oldWrites: (n) => `update customers set name = 'old ' || ${n} where id = ${(n % 50) + 1}`,
    newWrites: (n) => `insert into orders (customer_id, note) values (${(n % 50) + 1}, 'n' || ${n})`,
    async afterExpand(seen) {
      expect(await seen.new.value('select count(*)::int from orders')).toBe(0);
      expect(await seen.new.state('insert into orders (customer_id) values (999)')).toBe('23503');
      expect(await seen.new.state('insert into orders (customer_id, amount) values (1, -1)')).toBe('23514');
      expect(await seen.new.value(`select obj_description('orders'::regclass, 'pg_class')`)).toBe(
        `what they've ordered`,
      );
    },
    async afterRollback(seen) {
      expect(await seen.old.state('select from orders')).toBe('42P01');
    },
    async afterContract(seen) {
      expect(await seen.new.value('select count(*) > 0 from orders')).toBe(true);
      expect(await seen.new.value('select amount from orders limit 1')).toBe('0.00');
    },
  },
];
