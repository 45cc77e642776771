import { expect, it } from 'vitest';
import { splitStatements } from '../../../activities/database/sql-statements.js';

const split = (sql: string) => splitStatements(sql).map((statement) => statement.text);

it('cuts at semicolons and gives each statement its offset', () => {
  expect(splitStatements('select 1;\n\n  select 2')).toMatchObject([
    { text: 'select 1', at: 0 },
    { text: 'select 2', at: 13 },
  ]);
});

it('leaves semicolons alone that end nothing', () => {
  for (const statement of [
    `select 'a;b', 'it''s;', E'a\\';b', U&'x;y', ";a"";b"`,
    'select $$a;b$$, $body$ $$ ; $body$',
    'select 1 /* a; /* b; */ c; */ + 2',
    'select 1 -- a; b\n + 2',
    'create rule r as on insert to t do also (insert into a values (1); insert into b values (2))',
    `create function f() returns int begin atomic
       select case when true then 1 else 2 end; select 2; end`,
  ]) {
    expect(split(`${statement}; select 'next'`)).toEqual([statement, `select 'next'`]);
  }
});

it('tells a cast, a slice and an assignment from a placeholder', () => {
  const [statement] = splitStatements('select a::text, b[1:2], f(x := 1), :after');
  expect(statement?.tokens.filter((token) => token.kind === 'placeholder').map((token) => token.text)).toEqual([
    ':after',
  ]);
});

it('marks what is never closed', () => {
  for (const sql of [`select 'a; select 2;`, 'select "a; select 2;', 'select $x$ a; $y$', 'select 1 /* a; /* b */']) {
    expect(splitStatements(sql).at(-1)?.tokens.at(-1)?.kind, sql).toBe('unclosed');
  }
});

it('sees no statement in comments and space', () => {
  expect(split(' -- nothing;\n /* ; */ ;; \n')).toEqual([]);
});

it('reads a string of a megabyte', () => {
  const long = `select '${"it''s; ".repeat(150_000)}'`;
  expect(split(`${long};select 2`)).toEqual([long, 'select 2']);
});
