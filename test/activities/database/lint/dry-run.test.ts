import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { lint } from '../../../../activities/database/lint/lint.js';
import { createPhasedSqlEngine } from '../../../../activities/database/phased-sql-engine.js';
import type { LintReport } from '../../../../domain/lint/finding.js';
import { files, migration, phaseRun, type Scratch, scratchDatabase } from '../scratch.js';

/** Something of every kind that a schema may hold. */
const schema = `
  create schema sales;
  create extension pg_trgm;
  create type mood as enum ('sad', 'fine');
  create domain positive as integer not null default 1 check (value > 0);
  create type money_pair as (amount numeric(10, 2), currency text);
  create sequence sales.numbers as bigint;
  create function sales.next_number() returns bigint language sql as 'select nextval(''sales.numbers'')';
  create table customers (
    id bigint generated always as identity primary key, "Full Name" text collate "C" not null, mood mood,
    amount positive, wide numeric(10, 2) default 0, twice integer generated always as (amount * 2) stored, price money_pair, visits integer);
  create table sales.orders (
    id bigint primary key default sales.next_number(), customer bigint references customers, total integer,
    check (total > 0));
  create unique index orders_total on sales.orders (total) where total > 10;
  create table events (at date not null, kind text) partition by range (at);
  create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
  create index events_kind on events (kind);
  create view big as select * from sales.orders where total > 100;
  create view bigger as select * from big where total > 1000;
  create or replace view big as select * from sales.orders where total > 99;
  create materialized view totals as select customer, sum(total) from sales.orders group by 1;
  create unique index on totals (customer);
  create function touch() returns trigger language plpgsql as 'begin return new; end';
  create trigger touch before update on customers for each row execute function touch();
  insert into customers ("Full Name") values ('Ann'), ('Bob');`;

it('tells the locks and rewrites that the server itself shows, and changes nothing', async () => {
  const scratch = await scratchDatabase();
  await scratch.sql(schema);
  const report = await dryRun(scratch, {
    'expand/V1__a.sql': 'alter table customers add note text; alter table customers alter visits type bigint',
    'expand/U1__a.sql': 'alter table customers drop column note',
    'expand/V2__b.sql': 'alter table sales.orders add constraint f foreign key (total) references customers not valid',
    'expand/V10__c.sql': 'create index concurrently orders_customer on sales.orders (customer)',
    'backfill/V4__d.sql': `-- sluice: table=customers key=id
      update customers set note = mood where id > :after and id <= :upto`,
    'contract/V11__e.sql': 'drop view bigger; drop view big; alter table sales.orders drop constraint f',
  });
  expect(report.layers.at(-1)).toEqual({
    name: 'dry run',
    ran: true,
    detail: 'on a copy of the schema without rows, which is gone again',
  });
  const seen = report.observed.map(({ file, line, statement, locks, rewritten }) => ({
    at: `${file}:${line} ${statement.slice(-11).trim()}`,
    locks: locks.map(({ relation, mode }) => `${relation} ${mode}`).toSorted(),
    rewritten: rewritten.toSorted(),
  }));
  expect(seen).toEqual([
    { at: 'expand/V1__a.sql:1 d note text', locks: ['customers AccessExclusiveLock'], rewritten: [] },
    {
      at: 'expand/V1__a.sql:1 type bigint',
      locks: ['customers_pkey AccessExclusiveLock'],
      rewritten: ['customers', 'customers_pkey'],
    },
    {
      at: 'expand/V2__b.sql:1 s not valid',
      locks: ['customers ShareRowExclusiveLock', 'sales.orders ShareRowExclusiveLock'],
      rewritten: [],
    },
    {
      at: 'backfill/V4__d.sql:2 id <= :upto',
      locks: ['customers RowExclusiveLock', 'customers_pkey RowExclusiveLock'],
      rewritten: [],
    },
    { at: 'contract/V11__e.sql:1 view bigger', locks: ['bigger AccessExclusiveLock'], rewritten: [] },
    { at: 'contract/V11__e.sql:1 op view big', locks: ['big AccessExclusiveLock'], rewritten: [] },
    {
      at: 'contract/V11__e.sql:1 onstraint f',
      locks: ['customers AccessExclusiveLock', 'sales.orders AccessExclusiveLock'],
      rewritten: [],
    },
  ]);
  expect(report.findings.map(({ rule }) => rule)).not.toContain('dry-run-failed');
  expect(await scratch.value(`select count(*)::integer from customers where visits is null`)).toBe(2);
  expect(await scratch.value(`select to_regclass('sales.orders_customer') is null`)).toBe(true);
  await expect
    .poll(() => scratch.value(`select count(*)::integer from pg_database where datname like 'sluice_lint_%'`))
    .toBe(0);
});

it('finds the rewrite that no rule can foretell, and what fails', async () => {
  const scratch = await scratchDatabase();
  await scratch.sql('create table t (id bigint primary key, a integer, b text); create view v as select b from t');
  const rewrite = `do $$ begin execute 'alter table t alter a type bigint'; end $$`;
  const failing = 'select 1;\nalter table t drop b';
  const report = await dryRun(scratch, { 'expand/V1__t.sql': rewrite, 'contract/V2__t.sql': failing });
  expect(report.findings).toMatchObject([
    { file: 'expand/V1__t.sql', rule: 'dry-run-rewrite', what: 'writes t, t_pkey anew on the copy' },
    { rule: 'column-still-used', line: 2 },
    {
      file: 'contract/V2__t.sql',
      line: 2,
      column: 1,
      rule: 'dry-run-failed',
      what: expect.stringMatching(/cannot drop column b/),
    },
  ]);
});

it('leaves out what the history of Flyway has', async () => {
  const scratch = await scratchDatabase();
  const engine = createPhasedSqlEngine();
  const applied = { 'expand/V1__t.sql': 'create table t (a int)', 'expand/U1__t.sql': 'drop table t' };
  await engine.expand(migration(scratch, applied), phaseRun());
  const report = await dryRun(scratch, {
    'expand/V1__t.sql': 'create table t (a int)',
    'expand/V2__t.sql': 'alter table t add b int',
  });
  expect(report.observed.map(({ file }) => file)).toEqual(['expand/V2__t.sql']);
  expect(report.findings).toEqual([]);
});

it('runs nothing that reaches outside of the copy', async () => {
  const scratch = await scratchDatabase();
  const victim = `lint_victim_${randomBytes(4).toString('hex')}`;
  await scratch.sql(`create database ${victim}`);
  const report = await dryRun(scratch, {
    'contract/V1__t.sql': `drop database ${victim}`,
    'contract/V2__t.sql': `select 1; create role ${victim}`,
    'contract/V3__t.sql': 'select 1',
  });
  expect(await scratch.value('select count(*)::integer from pg_database where datname = $1', [victim])).toBe(1);
  expect(await scratch.value('select count(*)::integer from pg_roles where rolname = $1', [victim])).toBe(0);
  expect(report.observed.map(({ file }) => file)).toEqual(['contract/V3__t.sql']);
  expect(report.layers.at(-1)?.detail).toBe(
    'on a copy of the schema without rows, which is gone again; left out, because they reach outside of the database: contract/V1__t.sql, contract/V2__t.sql',
  );
  await scratch.sql(`drop database ${victim}`);
});

it('is skipped, and says so, where a copy cannot be made', async () => {
  const scratch = await scratchDatabase();
  const role = `lint_${randomBytes(4).toString('hex')}`;
  await scratch.sql(`create role ${role} login password 'x'; create table t (a int)`);
  const url = new URL(scratch.url);
  url.username = role;
  url.password = 'x';
  const report = await dryRun({ url: url.href }, { 'expand/V1__t.sql': 'alter table t add b int' });
  expect(report.layers.at(-1)).toEqual({
    name: 'dry run',
    ran: false,
    detail: 'expected a role with CREATEDB, found one without: the copy is a database of its own',
  });
  await scratch.sql(`create type span as range (subtype = integer); create table s (a span)`);
  const uncopied = await dryRun(scratch, { 'expand/V1__t.sql': 'alter table t add b int' });
  expect(uncopied.layers.at(-1)).toMatchObject({
    ran: false,
    detail: expect.stringMatching(
      /^the schema cannot be copied in full, beginning with the table public.s: type .*span/,
    ),
  });
});

async function dryRun({ url }: Pick<Scratch, 'url'>, scripts: Readonly<Record<string, string>>): Promise<LintReport> {
  const inputs = files(scripts).map(({ phase, name, sql }) => ({ file: `${phase}/${name}`, phase, sql }));
  return lint({ inputs, database: { url, optional: false, dryRun: true } });
}
