import { expect } from 'vitest';
import type { LifecycleCase } from './lifecycle.js';

const reviews = `create table users (id int primary key);
  insert into users select generate_series(1, 50);
  create sequence stars_seq;
  create table reviews (
    id bigint generated always as identity primary key,
    "Rating ä" varchar(20) not null default '0',
    text text,
    user_id int,
    constraint "rated" check (length("Rating ä") < 10),
    constraint one_each unique (user_id, text)
  );
  create index by_rating on reviews (lower("Rating ä") varchar_pattern_ops, id) where "Rating ä" <> 'none';
  create index "both" on reviews (user_id) include ("Rating ä");
  comment on column reviews."Rating ä" is 'from 0 to 5';
  insert into reviews ("Rating ä", text, user_id) select n % 6, 'Text ' || n, case when n % 4 = 0 then 1000 + n else n % 50 + 1 end
  from generate_series(1, 400) n`;

export const alterColumnCases: readonly LifecycleCase[] = [
  {
    name: 'alter_column: another type, with an index, a check and a default that go along',
    before: reviews.replace(', id) where', ') where').replace('varchar_pattern_ops', ''),
    operations: [
      {
        alter_column: {
          table: 'reviews',
          column: 'Rating ä',
          type: 'text',
          up: `'*' || "Rating ä"`,
          down: `ltrim("Rating ä", '*')`,
        },
      },
    ],
    oldWrites: (n) =>
      n % 2 === 0
        ? `update reviews set "Rating ä" = '${n}' where id = ${(n * 7) % 400}`
        : `insert into reviews (text) values ('old ${n}')`,
    newWrites: (n) =>
      n % 2 === 0
        ? `update reviews set "Rating ä" = '*n${n}' where id = ${(n * 11) % 400}`
        : `insert into reviews (text) values ('new ${n}')`,
    disagree: `select count(*) from reviews where '*' || "Rating ä" <> "_sluice_1_new_Rating ä" and "_sluice_1_new_Rating ä" <> '0'`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`update reviews set "Rating ä" = '**7' where id = 1`)).toBeUndefined();
      expect(await old.value('select "Rating ä" from reviews where id = 1')).toBe('7');
      // What the new version wrote is not made again of what the old one has of it.
      expect(await old.state(`update reviews set text = 'touched' where id = 1`)).toBeUndefined();
      expect(await fresh.state(`update reviews set text = 'touched' where id = 1`)).toBeUndefined();
      expect(await fresh.value('select "Rating ä" from reviews where id = 1')).toBe('**7');
      expect(await fresh.state(`update reviews set "Rating ä" = '*123456789' where id = 1`)).toBe('23514');
      expect(await fresh.state(`insert into reviews (text) values ('default')`)).toBeUndefined();
      expect(await fresh.value(`select "Rating ä" from reviews where text = 'default'`)).toBe('0');
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select column_name as name, data_type as type, column_default as default, is_nullable as nullable
        from information_schema.columns where table_schema = 'public' and column_name = 'Rating ä'`),
      ).toEqual([{ name: 'Rating ä', type: 'text', default: `('0'::character varying)::text`, nullable: 'NO' }]);
      expect(
        await fresh.rows(
          `select indexname as name, indexdef as is from pg_indexes where schemaname = 'public' and tablename = 'reviews' and indexname ~ '^b' order by 1`,
        ),
      ).toMatchObject([
        { name: 'both', is: expect.stringContaining('(user_id) INCLUDE ("Rating ä")') },
        { name: 'by_rating', is: expect.stringContaining(`(lower("Rating ä")) WHERE ("Rating ä" <> 'none'::text)`) },
      ]);
      expect(await fresh.state(`update reviews set "Rating ä" = '*123456789' where id = 1`)).toBe('23514');
      expect(
        await fresh.value(`select col_description('public.reviews'::regclass, attnum) from pg_attribute
        where attrelid = 'public.reviews'::regclass and attname = 'Rating ä'`),
      ).toBe('from 0 to 5');
    },
  },
  {
    name: 'alter_column: everything at once, on a column of a unique constraint',
    before: reviews,
    operations: [
      {
        alter_column: {
          table: 'reviews',
          column: 'text',
          type: 'varchar(60)',
          nullable: false,
          default: `'nothing said ' || gen_random_uuid()`,
          comment: `what they've said`,
          unique: { name: 'said_once' },
          check: { name: 'said', constraint: 'length(text) > 3' },
          up: `coalesce(text, 'silent') || ' (' || id || ')'`,
          down: `regexp_replace(text, ' .\\d+.$', '')`,
        },
      },
    ],
    oldWrites: (n) =>
      n % 3 === 0
        ? `insert into reviews (text) values (null)`
        : `update reviews set text = 'old ${n}' where id = ${n % 7}`,
    newWrites: (n) =>
      n % 3 === 0
        ? `insert into reviews (user_id) values (null)`
        : `update reviews set text = 'new ${n} (x)' where id = ${n % 5}`,
    async afterExpand({ old, new: fresh }) {
      expect(await old.state(`update reviews set text = null where id = 3`)).toBeUndefined();
      expect(await fresh.value('select text from reviews where id = 3')).toBe('silent (3)');
      expect(await fresh.state('update reviews set text = null where id = 3')).toBe('23514');
      expect(await fresh.state(`update reviews set text = 'abc' where id = 3`)).toBe('23514');
      // Too long for the new version: the old one is not in the way of itself.
      expect(await old.state(`update reviews set text = repeat('x', 90) where id = 3`)).toBeUndefined();
      expect(await fresh.value('select text from reviews where id = 3')).toBe(null);
      expect(await old.state(`update reviews set text = 'short' where id = 3`)).toBeUndefined();
      expect(await fresh.value('select text from reviews where id = 3')).toBe('short (3)');
      expect(
        await old.value(
          `select column_default from information_schema.columns where table_schema = 'public' and column_name = 'text'`,
        ),
      ).toBe(null);
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('update reviews set text = null where id = 3')).toBe('23502');
      expect(await fresh.state(`update reviews set text = (select text from reviews where id = 4) where id = 3`)).toBe(
        '23505',
      );
      expect(
        await fresh.rows(`select conname as name, pg_get_constraintdef(oid) as is, convalidated as valid from pg_constraint
          where conrelid = 'public.reviews'::regclass and contype in ('u', 'c') order by 1`),
      ).toEqual([
        { name: 'one_each', is: 'UNIQUE (user_id, text)', valid: true },
        { name: 'rated', is: 'CHECK ((length(("Rating ä")::text) < 10))', valid: true },
        { name: 'said', is: 'CHECK ((length((text)::text) > 3))', valid: true },
        { name: 'said_once', is: 'UNIQUE (text)', valid: true },
      ]);
    },
  },
  {
    name: 'alter_column: a foreign key for rows that refer to nothing',
    before: reviews,
    operations: [
      {
        alter_column: {
          table: 'reviews',
          column: 'user_id',
          references: { name: 'reviews_user', table: 'users', column: 'id', on_delete: 'CASCADE' },
          up: 'select case when exists (select from users where users.id = user_id) then user_id end',
          down: 'user_id',
        },
      },
    ],
    oldWrites: (n) => `insert into reviews (user_id) values (${n % 2 === 0 ? n : 5000 + n})`,
    newWrites: (n) => `insert into reviews (user_id) values (${(n % 50) + 1})`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state('insert into reviews (user_id) values (999)')).toBe('23503');
      expect(await old.state('insert into reviews (user_id) values (999)')).toBeUndefined();
      expect(await fresh.value('select count(*)::int from reviews where user_id = 999')).toBe(0);
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state('insert into reviews (user_id) values (999)')).toBe('23503');
      expect(await fresh.state('delete from users where id = 2')).toBeUndefined();
      expect(await fresh.value('select count(*)::int from reviews where user_id = 2')).toBe(0);
    },
  },
  {
    name: 'alter_column: null comes to be allowed, between two defaults for the same column in one file',
    before: reviews.replace(` not null default '0'`, ' not null'),
    operations: [
      { alter_column: { table: 'reviews', column: 'Rating ä', default: `'first'`, comment: 'first' } },
      {
        alter_column: { table: 'reviews', column: 'Rating ä', nullable: true, down: `coalesce("Rating ä", 'none')` },
      },
      { alter_column: { table: 'reviews', column: 'Rating ä', default: `'last'` } },
    ],
    oldWrites: (n) => `update reviews set "Rating ä" = '${n}' where id = ${n}`,
    newWrites: (n) => `update reviews set "Rating ä" = null where id = ${n + 20}`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`insert into reviews (text, "Rating ä") values ('nothing', null)`)).toBeUndefined();
      expect(await old.value(`select "Rating ä" from reviews where text = 'nothing'`)).toBe('none');
      expect(await fresh.value(`insert into reviews (text) values ('default') returning "Rating ä"`)).toBe('last');
    },
    async afterBackfill({ old, new: fresh }) {
      expect(await fresh.state(`update reviews set "Rating ä" = null where id = 30`)).toBeUndefined();
      expect(await old.value('select "Rating ä" from reviews where id = 30')).toBe('none');
      expect(await old.state(`update reviews set "Rating ä" = null where id = 30`)).toBe('23502');
      expect(await old.state(`update reviews set "Rating ä" = '4' where id = 30`)).toBeUndefined();
      expect(await fresh.value('select "Rating ä" from reviews where id = 30')).toBe('4');
    },
    async afterContract({ new: fresh }) {
      expect(await fresh.state(`update reviews set "Rating ä" = null where id = 30`)).toBeUndefined();
      expect(await fresh.value(`insert into public.reviews default values returning "Rating ä"`)).toBe('last');
      expect(
        await fresh.value(`select col_description('public.reviews'::regclass, attnum) from pg_attribute
        where attrelid = 'public.reviews'::regclass and attname = 'Rating ä'`),
      ).toBe('first');
    },
  },
  {
    name: 'alter_column: a default goes, and a comment, without a second column',
    before: reviews,
    operations: [
      {
        alter_column: {
          table: 'reviews',
          column: 'Rating ä',
          default: null,
          comment: null,
          up: '"Rating ä"',
          down: '"Rating ä"',
        },
      },
      { alter_column: { table: 'reviews', column: 'user_id', default: '7', comment: 'who' } },
    ],
    oldWrites: () => `insert into reviews (text) values (null)`,
    newWrites: (n) => `insert into reviews ("Rating ä") values ('${n}')`,
    async afterExpand({ old, new: fresh }) {
      expect(await fresh.state(`insert into reviews (text) values ('without')`)).toBe('23502');
      expect(await fresh.value(`insert into reviews ("Rating ä") values ('1') returning user_id`)).toBe(7);
      expect(
        await old.value(`insert into reviews (text) values (null) returning "Rating ä" || coalesce(user_id, -1)`),
      ).toBe('0-1');
    },
    async afterContract({ new: fresh }) {
      expect(
        await fresh.rows(`select column_default as default, col_description('public.reviews'::regclass, ordinal_position::int) as comment
          from information_schema.columns where table_schema = 'public' and table_name = 'reviews' and column_name in ('Rating ä', 'user_id') order by 1`),
      ).toEqual([
        { default: '7', comment: 'who' },
        { default: null, comment: null },
      ]);
    },
  },
];
