import { beforeAll, expect, inject, it } from 'vitest';
import { lint } from '../../../../activities/database/lint/lint.js';
import type { LintFinding, LintReport } from '../../../../domain/lint/finding.js';
import type { MigrationPhase } from '../../../../domain/migration.js';
import { freshDatabase } from '../../../support/postgres.js';
import pg from 'pg';

let url: string;

const schema = `
  create table customers (id bigint primary key, email text not null, name varchar(20), phone text,
    price numeric(10, 2), seen timestamp, constraint phone_there check (phone is not null));
  alter table customers add constraint seen_there check (seen is not null) not valid;
  create table orders (id bigint primary key, customer bigint constraint orders_customer references customers);
  create view addresses as select email from customers;
  create function shout() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$;
  create trigger shout before insert on customers for each row execute function shout();
  create table "Odd ""one" (a int);
  create table events (at date not null) partition by range (at);
  create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
  create publication feed for table customers;
  insert into customers select n, 'a@b.example', 'Ann', '1', 1, now() from generate_series(1, 20000) n;
  analyze customers;`;

beforeAll(async () => {
  url = await freshDatabase('lint');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(schema);
  await client.end();
});

it('says how large the table is, how long it takes, and on what that stands', async () => {
  const { findings, layers } = await lintOne('alter table customers alter price type bigint');
  expect(findings).toMatchObject([
    {
      rule: 'change-column-type',
      what: 'changes the type of customers.price from numeric(10,2) to int8',
      waits: expect.stringMatching(
        /^reads and writes of customers, as long as Postgres rewrites the table; customers has 1\.\d MB in about 20,000 rows: less than 1 s at 30 MB\/s$/,
      ),
    },
  ]);
  const unseen =
    'not looked at: statements that are run, as nobody counts them here; create extension pg_stat_statements';
  const detail = `1 tables of a Postgres ${inject('postgres')}, 0 standbys; ${unseen}`;
  expect(layers).toContainEqual({ name: 'live facts', ran: true, detail });
});

it.each([
  ['alter table customers alter name type varchar(30)', []],
  ['alter table customers alter name type text', []],
  ['alter table customers alter price type numeric(12, 2)', []],
  ['alter table customers alter price type numeric', []],
  ['alter table customers alter name type varchar(10)', ['change-column-type']],
  ['alter table customers alter price type numeric(12, 3)', ['change-column-type']],
  // Without the database it would pass: text is what one comes to from varchar.
  ['alter table customers alter price type text', ['change-column-type']],
  ['alter table customers alter phone set not null', []],
  ['alter table customers alter email set not null', []],
  ['alter table customers alter seen set not null', ['set-not-null']],
  ['create index concurrently i on events (at)', ['concurrent-index-on-parent']],
  ['create index concurrently i on customers (name)', []],
  ['alter table customers add z int', ['published-table']],
  ['alter table orders add z int', []],
])('decides by what is there: %s', async (sql, rules) => {
  expect((await lintOne(sql)).findings.map(({ rule }) => rule)).toEqual(rules);
});

it('names both tables of a foreign key', async () => {
  expect(await findingsOf('alter table orders drop constraint orders_customer')).toMatchObject([
    {
      what: 'drops the constraint orders_customer of orders, a foreign key with customers',
      waits: expect.stringMatching(/^reads and writes of orders and customers, /),
    },
  ]);
  expect(await findingsOf('drop table orders')).toMatchObject([
    { rule: 'drop-table', waits: expect.stringMatching(/^reads and writes of orders and customers, /) },
  ]);
});

it('finds who still uses a column that goes', async () => {
  const dropped = async (column: string) =>
    (await findingsOf(`alter table customers drop ${column}`, 'contract'))
      .filter(({ rule }) => rule === 'column-still-used')
      .map(({ what }) => what);
  expect(await dropped('email')).toEqual(['drops customers.email, which the view addresses uses']);
  expect(await dropped('name')).toEqual(['drops customers.name, which the function shout uses']);
  expect(await dropped('seen')).toEqual([]);
});

it('finds statements that read all columns of a table that gets or loses one, where the server records them', async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table notes (id int, text text, old text); create extension pg_stat_statements`);
  for (const text of [
    'select * from notes where id = 1',
    'select n.* from orders o, notes n',
    'select count(*) from notes',
  ]) {
    await client.query(text);
  }
  // Each in its own way hidden from who only looks at how a text begins.
  await client.query(`create table logs (id int, at timestamptz)`);
  for (const text of [
    `/* app='shop', route='%2Flogs' */ select * from logs where id = 1`,
    `-- name: Recent :many\nselect l.* from logs l where at > now() - interval '1 day'`,
    `insert into logs values (1) returning *`,
    `select count(id) from logs /* controller='*' */`,
    `/* select * from logs */ select id from logs where id = 2`,
  ]) {
    await client.query(text);
  }
  await client.end();
  const starred = async (sql: string, phase?: MigrationPhase) =>
    (await findingsOf(sql, phase)).filter(({ rule }) => rule === 'prepared-select-star').map(({ what }) => what);
  expect(await starred('alter table notes add z int')).toEqual([
    expect.stringMatching(
      /^adds notes\.z, and what was run here reads all of its columns: select .* from .*notes.*, and 1 more like it$/,
    ),
  ]);
  expect(await starred('alter table notes drop old', 'contract')).toEqual([
    expect.stringMatching(/^drops notes\.old, and/),
  ]);
  expect(await starred('alter table customers add z int; create table notes2 (z int)')).toEqual([]);
  expect(await starred('alter table logs add z int')).toEqual([
    expect.stringMatching(/^adds logs\.z, .*: (select (\*|l\.\*) from logs|insert into logs).*, and 2 more like it$/),
  ]);
  const operations = {
    folder: 'db',
    files: [
      {
        name: '1_note.json',
        text: JSON.stringify({
          operations: [{ add_column: { table: 'notes', column: { name: 'more', type: 'text', nullable: true } } }],
        }),
      },
    ],
  };
  const report = await lint({ inputs: [], operations, database: { url, optional: false, dryRun: false } });
  expect(report.findings.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^adds columns to notes itself, and what was run here reads all of its columns: select/),
  ]);
});

it('finds the service’s own triggers that fire for every row that is filled', async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create table touched (id int primary key, a text, at timestamptz);
    create function touch() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
    create trigger always before update on touched for each row execute function touch();
    create trigger of_a before update of a on touched for each row execute function touch();
    create trigger changed before update on touched for each row when (old.a <> new.a) execute function touch();
    create trigger first before insert on touched for each row execute function touch()`);
  await client.end();
  const fires = ['fills touched, whose trigger always fires for every row of it'];
  const fill = 'update touched set a = 1 where id > :after and id <= :upto and a is null';
  expect((await findingsOf(fill, 'backfill')).map(({ what }) => what)).toEqual(fires);
  const column = { name: 'b', type: 'text', nullable: true };
  const operation = { add_column: { table: 'touched', column, up: 'a' } };
  const files = [{ name: '1_b.json', text: JSON.stringify({ operations: [operation] }) }];
  const { findings } = await lint({
    inputs: [],
    operations: { folder: 'db', files },
    database: { url, optional: false, dryRun: false },
  });
  const found = findings.filter(({ rule }) => rule === 'fill-fires-trigger');
  expect(found.map(({ what }) => what)).toEqual(fires);
});

it('takes a name with quotes in it for what it is', async () => {
  const findings = await findingsOf('alter table "Odd ""one" alter a type text');
  expect(findings).toMatchObject([{ what: 'changes the type of Odd "one.a from integer to text' }]);
});

it('reads a statement that is nearly too deep for the parser', async () => {
  for (const terms of [500, 1_000, 2_000, 4_000, 8_000]) {
    const { statements } = await lintOne(`select 1${'+1'.repeat(terms)} from customers`, 'contract');
    expect(statements).toBe(1);
  }
});

it('goes on without a database that was only in the environment, and fails without one that was named', async () => {
  const away = 'postgres://nobody:secret@127.0.0.1:1/nothing';
  const order = { inputs: [{ file: 'a.sql', sql: 'select 1' }] };
  const { layers } = await lint({ ...order, database: { url: away, optional: true, dryRun: false } });
  expect(layers.find(({ name }) => name === 'live facts')).toMatchObject({
    ran: false,
    detail: expect.stringMatching(/ECONNREFUSED/),
  });
  await expect(lint({ ...order, database: { url: away, optional: false, dryRun: false } })).rejects.toMatchObject({
    code: 'database-unreachable',
  });
});

function lintOne(sql: string, phase: MigrationPhase = 'expand'): Promise<LintReport> {
  const inputs = [{ file: `${phase}/V1__t.sql`, phase, sql }];
  return lint({ inputs, database: { url, optional: false, dryRun: false } });
}

async function findingsOf(sql: string, phase?: MigrationPhase): Promise<readonly LintFinding[]> {
  return (await lintOne(sql, phase)).findings;
}
