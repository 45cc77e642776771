import type { Track, Value } from './form.js';

const is = (sql: string): Value => ({ is: sql });

const renamed: Track = {
  tables: ['orders'],
  forms: [{ name: 'orders' }, { name: 'Purchases ä' }],
  changes: [
    {
      kind: 'rename_table',
      last: true,
      operations: (table) => [{ rename_table: { from: table, to: 'Purchases ä' } }],
    },
    { kind: 'rename_table', last: true, operations: (table) => [{ rename_table: { from: table, to: 'orders' } }] },
  ],
};

/** Customers that are there from the beginning stay. */
const ordered = { columns: { customer_id: is('(rev % 500 + 1)::int') } };
const reference: Track = {
  tables: ['orders'],
  forms: [ordered, ordered],
  changes: [
    {
      kind: 'alter_column references',
      operations: (table) => [
        {
          alter_column: {
            table,
            column: 'customer_id',
            references: { name: 'of_customer', table: 'customers', column: 'id' },
            up: 'customer_id',
            down: 'customer_id',
          },
        },
      ],
    },
    {
      kind: 'drop_constraint',
      operations: (table) => [
        { drop_constraint: { table, name: 'of_customer', up: 'customer_id', down: 'customer_id' } },
      ],
    },
  ],
};

/** Made with rows in it, its key widened with what refers to it, and dropped. */
const coupons: Track = {
  tables: ['coupons', 'coupon_uses'],
  forms: [{ absent: true }, {}, {}],
  changes: [
    {
      kind: 'sql',
      inPlace: true,
      alone: true,
      operations: () => [
        {
          sql: {
            up: `create table coupons (id serial primary key, rev bigint not null, touched int not null default 0, worth bigint);
              create table coupon_uses (id int primary key, rev bigint not null, touched int not null default 0,
                coupon_id int not null constraint of_coupon references coupons on delete cascade);
              create index by_coupon on coupon_uses (coupon_id);
              insert into coupons (rev, worth) select n, n * 2 from generate_series(1, 20000) n;
              insert into coupon_uses (id, rev, coupon_id) select n, n, n % 1000 + 1 from generate_series(1, 5000) n`,
            down: 'drop table if exists coupon_uses; drop table if exists coupons',
          },
        },
      ],
    },
    // Until its rows are filled, the new version finds none by its key.
    { kind: 'widen_key', late: true, operations: () => [{ widen_key: { table: 'coupons' } }] },
    {
      kind: 'drop_table',
      operations: () => [{ drop_table: { name: 'coupon_uses' } }, { drop_table: { name: 'coupons' } }],
    },
  ],
};

const baskets: Track = {
  tables: ['baskets'],
  forms: [{ absent: true }, { columns: { label: is(`'b' || rev`) } }],
  changes: [
    {
      kind: 'create_table',
      inPlace: true,
      operations: () => [
        {
          create_table: {
            name: 'baskets',
            columns: [
              { name: 'id', type: 'int', pk: true },
              { name: 'rev', type: 'bigint' },
              { name: 'touched', type: 'int', default: '0' },
              { name: 'label', type: 'text' },
            ],
          },
        },
      ],
    },
    { kind: 'drop_table', operations: () => [{ drop_table: { name: 'baskets' } }] },
  ],
};

/** A table by itself, or a part of another one, by whose name the version with partitions calls it. */
const late: Track = {
  tables: ['late'],
  forms: [{ name: 'late' }, { name: 'sales' }],
  changes: [
    {
      kind: 'attach_partition',
      late: true,
      operations: () => [
        { attach_partition: { table: 'sales', partition: 'late', values: 'FROM (5000000) TO (6000000)' } },
      ],
    },
    {
      kind: 'detach_partition',
      operations: () => [{ detach_partition: { table: 'sales', partition: 'late' } }],
    },
  ],
};

const letter = { letter: is(`'l' || rev`) };
const contacts = { name: 'contacts', key: 'account' };
const moved: Track = {
  tables: ['accounts'],
  forms: [{ columns: letter, beside: { ...contacts, columns: {} } }, { beside: { ...contacts, columns: letter } }],
  changes: [
    {
      kind: 'move_column',
      operations: () => [
        { move_column: { table: 'accounts', column: 'letter', to: 'contacts', key: { from: 'id', to: 'account' } } },
      ],
    },
    {
      kind: 'move_column',
      operations: () => [
        { move_column: { table: 'contacts', column: 'letter', to: 'accounts', key: { from: 'account', to: 'id' } } },
      ],
    },
  ],
};

export const tableTracks: readonly Track[] = [renamed, reference, coupons, baskets, late, moved];
