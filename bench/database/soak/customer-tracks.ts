import type { Track, Value } from './form.js';

const is = (sql: string): Value => ({ is: sql });
const table = 'customers';

/** One column becomes two, and they one. */
const name: Track = {
  tables: [table],
  forms: [
    { columns: { name: is(`'F' || rev || ' L' || rev`) } },
    { columns: { first_name: is(`'F' || rev`), last_name: is(`'L' || rev`) } },
  ],
  changes: [
    {
      kind: 'split_column',
      operations: () => [
        {
          split_column: {
            table,
            column: 'name',
            into: [
              { name: 'first_name', type: 'text', nullable: false, up: `split_part(name, ' ', 1)` },
              { name: 'last_name', type: 'varchar(40)', nullable: true, up: `split_part(name, ' ', 2)` },
            ],
            down: `concat_ws(' ', first_name, last_name)`,
          },
        },
      ],
    },
    {
      kind: 'merge_columns',
      operations: () => [
        {
          merge_columns: {
            table,
            from: [
              { column: 'first_name', down: `split_part(name, ' ', 1)` },
              { column: 'last_name', down: `split_part(name, ' ', 2)` },
            ],
            into: { name: 'name', type: 'text', nullable: false, up: `concat_ws(' ', first_name, last_name)` },
          },
        },
      ],
    },
  ],
};

/** The version without it leaves it as it is: so it has a `rev` of its own. */
const mailOf = (rev: string) => `'m' || ${rev} || '@example.com'`;
const mail: Track = {
  tables: [table],
  forms: [
    {},
    {
      columns: {
        mail: { is: mailOf('rev'), wrong: `mail is distinct from ${mailOf('mail_rev')}` },
        mail_rev: { is: 'rev', wrong: 'mail_rev is null' },
      },
    },
  ],
  changes: [
    {
      kind: 'add_column',
      inPlace: true,
      operations: () => [
        {
          add_column: {
            table,
            up: mailOf('rev'),
            column: {
              name: 'mail',
              type: 'varchar(80)',
              unique: true,
              check: { name: 'is_mail', constraint: `mail ~ '@'` },
            },
          },
        },
        { add_column: { table, up: 'rev', column: { name: 'mail_rev', type: 'bigint' } } },
      ],
      stricter: { mail_rev: 'mail_rev is distinct from rev' },
    },
    {
      kind: 'drop_column',
      inPlace: true,
      operations: () => [
        { drop_column: { table, column: 'mail', down: mailOf('(-rev)') } },
        { drop_column: { table, column: 'mail_rev', down: '-rev' } },
      ],
    },
  ],
};

/** Another type, with its index. */
const phone: Track = {
  tables: [table],
  forms: [{ columns: { phone: is(`'0' || rev`) } }, { columns: { phone: is('rev') } }],
  changes: [
    {
      kind: 'alter_column type',
      operations: () => [
        {
          alter_column: {
            table,
            column: 'phone',
            type: 'bigint',
            up: 'substr(phone, 2)::bigint',
            down: `'0' || phone`,
          },
        },
      ],
    },
    {
      kind: 'alter_column type',
      operations: () => [
        {
          alter_column: { table, column: 'phone', type: 'text', up: `'0' || phone`, down: 'substr(phone, 2)::bigint' },
        },
      ],
    },
  ],
};

const noted = { note: is(`case when rev % 3 = 0 then 'none' else 'n' || rev end`) };
const note: Track = {
  tables: [table],
  forms: [
    {
      columns: {
        note: {
          is: `case when rev % 3 = 0 then null else 'n' || rev end`,
          isNull: (rev) => rev % 3 === 0,
        },
      },
    },
    { columns: noted },
    { columns: noted },
    { columns: noted },
  ],
  changes: [
    {
      kind: 'alter_column nullable',
      operations: () => [
        {
          alter_column: {
            table,
            column: 'note',
            nullable: false,
            up: `coalesce(note, 'none')`,
            down: `nullif(note, 'none')`,
          },
        },
      ],
    },
    {
      kind: 'alter_column check',
      operations: () => [
        {
          alter_column: {
            table,
            column: 'note',
            check: { name: 'note_is_short', constraint: 'length(note) < 60' },
            up: 'note',
            down: 'note',
          },
        },
      ],
    },
    {
      kind: 'drop_constraint',
      operations: () => [{ drop_constraint: { table, name: 'note_is_short', up: 'note', down: 'note' } }],
    },
    {
      kind: 'alter_column nullable',
      operations: () => [
        {
          alter_column: {
            table,
            column: 'note',
            nullable: true,
            up: `nullif(note, 'none')`,
            down: `coalesce(note, 'none')`,
          },
        },
      ],
    },
  ],
};

const coded = { columns: { code: is(`'c' || rev`) } };
const code: Track = {
  tables: [table],
  forms: [coded, coded],
  changes: [
    {
      kind: 'alter_column unique',
      operations: () => [
        { alter_column: { table, column: 'code', unique: { name: 'one_code' }, up: 'code', down: 'code' } },
      ],
    },
    {
      kind: 'drop_constraint',
      operations: () => [{ drop_constraint: { table, name: 'one_code', up: 'code', down: 'code' } }],
    },
  ],
};

/** In every fourth row the version with more values says another one; it stays where the other version sees no difference. */
const statusOf = (fourth: string) => (rev: number) => ['new', undefined, 'gone'][rev % 4] ?? fourth;
const status: Track = {
  tables: [table],
  forms: [
    {
      columns: {
        status: {
          is: '',
          as: statusOf('good'),
          wrong: `status::text is distinct from (array['new', 'good', 'gone', 'good'])[rev % 4 + 1]`,
        },
      },
    },
    {
      columns: {
        status: {
          is: '',
          as: (rev) => (rev % 4 === 3 ? 'star' : statusOf('fine')(rev)),
          wrong: `status is null or status::text <> (array['new', 'fine', 'gone', 'fine'])[rev % 4 + 1] and (rev % 2 = 0 or status::text <> 'star')`,
        },
      },
    },
  ],
  changes: [
    {
      kind: 'change_enum',
      operations: () => [
        {
          change_enum: {
            name: 'status',
            rename: [{ from: 'good', to: 'fine' }],
            add: [{ value: 'star', after: 'fine', becomes: 'good' }],
          },
        },
      ],
    },
    {
      kind: 'change_enum',
      operations: () => [
        {
          change_enum: {
            name: 'status',
            rename: [{ from: 'fine', to: 'good' }],
            remove: [{ value: 'star', becomes: 'good' }],
          },
        },
      ],
    },
  ],
};

const pair = { low: is('(rev % 1000)::int'), high: is('(rev % 1000)::int + 1') };
const asTheyAre = { low: 'low', high: 'high' };
const lowAndHigh: Track = {
  tables: [table],
  forms: [{ columns: pair }, { columns: pair, together: true }],
  changes: [
    {
      kind: 'create_constraint',
      operations: () => [
        {
          create_constraint: {
            table,
            name: 'in_order',
            type: 'check',
            columns: ['low', 'high'],
            check: 'low < high',
            up: asTheyAre,
            down: asTheyAre,
          },
        },
      ],
    },
    {
      kind: 'drop_multicolumn_constraint',
      operations: () => [
        {
          drop_multicolumn_constraint: {
            table,
            name: 'in_order',
            up: asTheyAre,
            down: { low: 'low', high: 'greatest(high, low + 1)' },
          },
        },
      ],
    },
  ],
};

const renamed: Track = {
  tables: [table],
  forms: [{ columns: { kind: is(`'k' || rev % 10`) } }, { columns: { 'Sort ä': is(`'k' || rev % 10`) } }],
  changes: [
    {
      kind: 'rename_column',
      operations: () => [{ rename_column: { table, from: 'kind', to: 'Sort ä' } }],
    },
    {
      kind: 'rename_column',
      operations: () => [{ rename_column: { table, from: 'Sort ä', to: 'kind' } }],
    },
  ],
};

const index: Track = {
  tables: [table],
  forms: [{}, {}],
  changes: [
    {
      kind: 'create_index',
      inPlace: true,
      operations: () => [
        {
          create_index: {
            table,
            name: 'by_rev',
            columns: [{ column: 'rev', sort: 'DESC' }, { column: 'id' }],
            unique: true,
          },
        },
      ],
    },
    { kind: 'drop_index', inPlace: true, operations: () => [{ drop_index: { name: 'by_rev' } }] },
  ],
};

const small: Track = {
  tables: [table],
  forms: [{}, {}],
  changes: [
    {
      kind: 'set_replica_identity, rename_constraint',
      operations: () => [
        { set_replica_identity: { table, identity: { type: 'FULL' } } },
        { rename_constraint: { table, from: 'rev_is_there', to: 'has_rev' } },
      ],
    },
    {
      kind: 'set_replica_identity, rename_constraint',
      operations: () => [
        { set_replica_identity: { table, identity: { type: 'DEFAULT' } } },
        { rename_constraint: { table, from: 'has_rev', to: 'rev_is_there' } },
      ],
    },
  ],
};

export const customerTracks: readonly Track[] = [
  name,
  mail,
  phone,
  note,
  code,
  status,
  lowAndHigh,
  renamed,
  index,
  small,
];
