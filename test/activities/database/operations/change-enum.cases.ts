import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const fruits = `create type "Size ä" as enum ('small', 'it''s', 'large');
  create table fruits (id int primary key, size "Size ä" not null default 'small', other "Size ä");
  create index by_size on fruits (size, id);
  create table baskets (id int primary key, size "Size ä");
  insert into fruits select n, (array['small', 'it''s', 'large'])[n % 3 + 1]::"Size ä", null from generate_series(1, 200) n;
  insert into baskets values (1, 'it''s')`;

export const changeEnumCases: readonly LifecycleCase[] = [
  {
    name: 'change_enum: values renamed, removed and added, in columns of two tables',
    before: fruits,
    operations: [
      {
        change_enum: {
          name: 'Size ä',
          rename: [{ from: 'small', to: 's' }],
          remove: [{ value: `it's`, becomes: 'large' }],
          add: [{ value: 'xl', after: 'large', becomes: 'large' }],
        },
      },
    ],
    oldWrites: (n) =>
      n % 2 === 0 ? `insert into fruits (id) values (${1000 + n})` : `update fruits set size = 'it''s' where id = ${n}`,
    newWrites: (n) =>
      n % 2 === 0
        ? `insert into fruits (id) values (${2000 + n})`
        : `update fruits set size = 'xl' where id = ${n + 50}`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`update fruits set size = 'small' where id = 5`)).toBe('22P02');
      expect(await fresh.state(`update fruits set size = 'xl' where id = 5`)).toBeUndefined();
      expect(await old.value('select size from fruits where id = 5')).toBe('large');
      expect(await old.state(`update fruits set other = 'it''s' where id = 5`)).toBeUndefined();
      expect(await fresh.rows('select size, other from fruits where id = 5')).toEqual([{ size: 'xl', other: 'large' }]);
      expect(await fresh.value('insert into fruits (id) values (900) returning size')).toBe('s');
      expect(await old.value('select size from fruits where id = 900')).toBe('small');
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.value(`select array_agg(value::text) from unnest(enum_range(null::public."Size ä")) value`),
      ).toEqual(['s', 'large', 'xl']);
      expect(await fresh.value('insert into public.fruits (id) values (901) returning size')).toBe('s');
      expect(await fresh.value('select size from baskets')).toBe('large');
      expect(await fresh.value(`select indexdef from pg_indexes where indexname = 'by_size'`)).toBe(
        'CREATE INDEX by_size ON public.fruits USING btree (size, id)',
      );
    },
  },
];
