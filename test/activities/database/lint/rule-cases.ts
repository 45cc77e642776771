import type { RuleName } from '../../../../domain/lint/rules.js';

/** SQL of one expand file, or files by their path. */
export type Case = string | Readonly<Record<string, string>>;

interface RuleCase {
  /** Each is one finding of the rule. */
  readonly fires: readonly Case[];
  readonly silent: readonly Case[];
}

/** Found with a database alone: tested there. */
type LiveRule =
  | 'column-still-used'
  | 'published-table'
  | 'subscribed-table'
  | 'fill-fires-trigger'
  | 'prepared-select-star'
  | 'operation-refused'
  | 'dry-run-failed'
  | 'dry-run-rewrite';

/** Every rule has a statement that it is about, and its nearest neighbour that it is not. */
export const ruleCases: Readonly<Record<Exclude<RuleName, LiveRule>, RuleCase>> = {
  // Locks
  'add-column-rewrite': {
    fires: [
      'alter table t add a uuid default gen_random_uuid()',
      'alter table t add a timestamptz default clock_timestamp()',
      'alter table t add a bigserial',
      'alter table t add a bigint generated always as identity',
      'alter table t add a int generated always as (b + 1) stored',
      'alter table t add a text default s.token()',
    ],
    silent: [
      "alter table t add a timestamptz not null default now(), add b text default 'x' || 'y', add c int default null",
      'create table n (a uuid default gen_random_uuid(), b bigserial)',
      { 'expand/V1__t.sql': 'create table t (b int)', 'expand/V2__t.sql': 'alter table t add a bigserial' },
    ],
  },
  'change-column-type': {
    fires: [
      'alter table t alter a type bigint',
      'alter table t alter a type varchar(20)',
      'alter table t alter a type text using a::text',
      'alter table t alter a type text[]',
    ],
    silent: ['alter table t alter a type text', 'alter table t alter a type varchar'],
  },
  'set-not-null': {
    fires: [
      'alter table t alter a set not null',
      'alter table t add constraint n not null a',
      {
        'expand/V1__t.sql': 'alter table t add constraint n check (a is not null) not valid',
        'contract/V2__t.sql': 'alter table t alter a set not null',
      },
      {
        'expand/V1__t.sql': 'alter table t add constraint n check (b is not null) not valid',
        'expand/V2__t.sql': 'alter table t validate constraint n',
        'contract/V3__t.sql': 'alter table t alter a set not null',
      },
    ],
    silent: [
      {
        'expand/V1__t.sql': 'alter table t add constraint n check (a is not null) not valid',
        'expand/V2__t.sql': 'alter table public.t validate constraint n',
        'contract/V3__t.sql': 'alter table t alter a set not null',
      },
      'alter table t add constraint n not null a not valid',
      'alter table t alter a drop not null',
    ],
  },
  'check-without-not-valid': {
    fires: ['alter table t add constraint c check (a > 0)', 'alter table t add b int check (b > 0)'],
    silent: ['alter table t add constraint c check (a > 0) not valid', 'create table n (a int check (a > 0))'],
  },
  'foreign-key-without-not-valid': {
    fires: ['alter table t add foreign key (a) references p', 'alter table t add b int default 1 references p'],
    silent: [
      'alter table t add foreign key (a) references p not valid',
      'alter table t add b int references p',
      'create table n (a int references p)',
    ],
  },
  'validate-with-add': {
    fires: ['alter table t add constraint c check (a > 0) not valid; alter table t validate constraint c'],
    silent: [
      {
        'expand/V1__t.sql': 'alter table t add constraint c check (a > 0) not valid',
        'expand/V2__t.sql': 'alter table t validate constraint c',
      },
    ],
  },
  'unique-without-index': {
    fires: [
      'alter table t add constraint u unique (a)',
      'alter table t add primary key (a)',
      'alter table t add b text unique',
    ],
    silent: ['alter table t add constraint u unique using index i', 'create table n (a int primary key)'],
  },
  'exclusion-constraint': {
    fires: ['alter table t add exclude using gist (during with &&)'],
    silent: ['create table n (during tstzrange, exclude using gist (during with &&))'],
  },
  'index-without-concurrently': {
    fires: ['create index on t (a)', 'create unique index i on s.t (a)'],
    silent: [
      'create index concurrently on t (a)',
      'create table n (a int); create index on n (a)',
      'create index on only t (a)',
    ],
  },
  'drop-index-without-concurrently': {
    fires: ['drop index i', { 'contract/V1__t.sql': 'drop index i' }],
    silent: ['drop index concurrently i'],
  },
  'reindex-without-concurrently': {
    fires: ['reindex table t', 'reindex index i'],
    silent: ['reindex index concurrently i', 'reindex (concurrently) table t'],
  },
  'drop-constraint': {
    fires: ['alter table t drop constraint t_p_fkey', { 'contract/V1__t.sql': 'alter table t drop constraint c' }],
    silent: ['alter table t alter constraint t_p_fkey deferrable'],
  },
  'create-trigger': {
    fires: ['create trigger g before insert on t for each row execute function f()'],
    silent: ['create table n (a int); create trigger g before insert on n for each row execute function f()'],
  },
  'disable-trigger': {
    fires: ['alter table t disable trigger g', 'alter table t disable trigger all'],
    silent: ['alter table t enable trigger g'],
  },
  'attach-partition': {
    fires: ['alter table p attach partition t for values in (1)'],
    silent: ['create table t (a int); alter table p attach partition t for values in (1)'],
  },
  'detach-partition': {
    fires: ['alter table p detach partition t'],
    silent: ['alter table p detach partition t concurrently'],
  },
  'create-partition': {
    fires: ['create table t partition of p for values in (1)'],
    silent: ['create table p (a int) partition by list (a); create table t partition of p for values in (1)'],
  },
  'vacuum-full': { fires: ['vacuum full t', 'vacuum (full, analyze) t'], silent: ['vacuum t', 'vacuum (analyze) t'] },
  cluster: { fires: ['cluster t using i', 'cluster'], silent: ['alter table t cluster on i'] },
  'refresh-materialized-view': {
    fires: ['refresh materialized view m'],
    silent: ['refresh materialized view concurrently m'],
  },
  'change-persistence': {
    fires: ['alter table t set unlogged', 'alter table t set logged', 'alter table t set tablespace fast'],
    silent: ['create unlogged table n (a int)', 'alter table t set (fillfactor = 70)'],
  },
  'lock-table': { fires: ['lock table t in share mode'], silent: ['create table n (a int); lock table n'] },
  'replica-identity': {
    fires: ['alter table t replica identity full'],
    silent: ['create table n (a int); alter table n replica identity full'],
  },
  'several-tables-locked': {
    fires: [
      'alter table t add a int; alter table u add a int',
      'alter table t add constraint f foreign key (a) references u not valid; alter table v add a int',
      'alter table t add a int; drop trigger g on u',
    ],
    silent: [
      'alter table t add a int; alter table public.t add b int',
      'alter table t add a int; create table u (a int); alter table u add b int',
      'alter table t add a int; alter table u validate constraint c',
      { 'expand/V1__t.sql': 'alter table t add a int', 'expand/V2__u.sql': 'alter table u add a int' },
    ],
  },

  // Versions
  'add-required-column': {
    fires: ['alter table t add a int not null', 'alter table t add a int not null default null'],
    silent: ['alter table t add a int not null default 0', 'create table n (a int not null)'],
  },
  'drop-column': {
    fires: ['alter table t drop a', { 'V1__t.sql': 'alter table t drop a' }],
    silent: [
      { 'contract/V1__t.sql': 'alter table t drop a' },
      { 'expand/V1__t.sql': 'alter table t add a int', 'expand/U1__t.sql': 'alter table t drop a' },
    ],
  },
  'drop-table': {
    fires: ['drop table t, u'],
    silent: [{ 'contract/V1__t.sql': 'drop table t' }, 'create table n (a int); drop table n'],
  },
  'drop-view': {
    fires: ['drop view v', 'drop materialized view m'],
    silent: [{ 'contract/V1__t.sql': 'drop view v' }],
  },
  'drop-function': {
    fires: ['drop function f(int)', 'drop procedure p'],
    silent: [{ 'contract/V1__t.sql': 'drop function f(int)' }, 'create function f() returns int return 1'],
  },
  'drop-object': {
    fires: ['drop type e', 'drop schema s', 'drop trigger g on t'],
    silent: [{ 'contract/V1__t.sql': 'drop type e' }],
  },
  'drop-cascade': {
    fires: [{ 'contract/V1__t.sql': 'drop table t cascade' }, { 'contract/V1__t.sql': 'alter table t drop a cascade' }],
    silent: [{ 'contract/V1__t.sql': 'drop table t restrict' }],
  },
  truncate: { fires: ['truncate t, u'], silent: ['create table n (a int); truncate n'] },
  'rename-column': {
    fires: ['alter table t rename a to b', { 'contract/V1__t.sql': 'alter table t rename a to b' }],
    silent: ['alter table t rename constraint a to b', 'create table n (a int); alter table n rename a to b'],
  },
  'rename-table': {
    fires: ['alter table t rename to u'],
    silent: ['alter table t rename to u; create view t as select * from u', 'alter index i rename to j'],
  },
  'rename-view': {
    fires: ['alter view v rename to w'],
    silent: ['create view v as select 1; alter view v rename to w'],
  },
  'rename-schema': { fires: ['alter schema s rename to r'], silent: ['alter schema s owner to r'] },
  'rename-enum-value': {
    fires: ["alter type e rename value 'a' to 'b'"],
    silent: ["alter type e add value 'b'"],
  },
  'rename-object': {
    fires: ['alter function f(int) rename to g', 'alter type e rename to d', 'alter table t set schema s'],
    silent: ['alter trigger g on t rename to h'],
  },
  'replace-view': {
    fires: ['create or replace view v as select 1 as a'],
    silent: ['create view v as select 1 as a; create or replace view v as select 2 as a'],
  },
  'change-default': {
    fires: ['alter table t alter a set default 1'],
    silent: ['alter table t alter a drop default', { 'contract/V1__t.sql': 'alter table t alter a set default 1' }],
  },
  'json-column': {
    fires: ['alter table t add a json', 'create table n (a json)'],
    silent: ['alter table t add a jsonb', 'select to_json(a) from t'],
  },

  // Files
  'syntax-error': { fires: ['alter table t ad a int', "select 'open"], silent: ['alter table t add a int'] },
  'whole-table-update': {
    fires: ['update t set a = 1'],
    silent: [
      { 'contract/V1__t.sql': 'update t set a = 1 where a is null' },
      'create table n (a int); update n set a = 1',
    ],
  },
  'whole-table-delete': { fires: ['delete from t'], silent: [{ 'contract/V1__t.sql': 'delete from t where a < 0' }] },
  'data-change-in-expand': {
    fires: ['update t set a = 1 where a is null', 'delete from t where a < 0', 'insert into t select * from u'],
    silent: [
      "insert into t values (1, 'one')",
      'create table n (a int); insert into n select a from t',
      { 'expand/V1__t.sql': 'alter table t add a int', 'expand/U1__t.sql': 'delete from t where a = 2' },
    ],
  },
  'not-an-update-in-backfill': {
    fires: [{ 'backfill/V1__t.sql': 'delete from t where id > :after and id <= :upto' }],
    silent: [{ 'backfill/V1__t.sql': 'update t set a = 1 where id > :after and id <= :upto' }],
  },
  'addition-in-contract': {
    fires: [{ 'contract/V1__t.sql': 'create table n (a int)' }, { 'contract/V1__t.sql': 'alter table t add a int' }],
    silent: [{ 'contract/V1__t.sql': 'create view v as select 1' }, 'create table n (a int)'],
  },
  'concurrently-in-transaction': {
    fires: [
      'create index concurrently i on t (a); select 1',
      'vacuum t; select 1',
      'alter table p detach partition t concurrently; select 1',
    ],
    silent: ['create index concurrently i on t (a)', 'alter table t add a int; select 1'],
  },
  'concurrent-index-if-not-exists': {
    fires: ['create index concurrently if not exists i on t (a)'],
    silent: ['create index concurrently i on t (a)'],
  },
  'concurrent-index-on-parent': {
    fires: ['create index concurrently i on only t (a)'],
    silent: ['create index i on only t (a)', 'create index concurrently i on t (a)'],
  },
  'transaction-control': {
    fires: ['begin', 'commit', 'rollback'],
    silent: ['savepoint s', 'rollback to savepoint s'],
  },
  'lock-timeout-in-file': {
    fires: ["set lock_timeout = '1h'", 'reset all', "set local lock_timeout = '1s'"],
    silent: ["set local statement_timeout = '1s'"],
  },
  'copy-without-input': {
    fires: ['copy t from stdin', "copy t from program 'date'"],
    silent: ["copy t from '/srv/rows.csv'"],
  },
  'enum-value-in-transaction': {
    fires: ["alter type e add value 'new'; insert into t values ('new')"],
    silent: [
      "alter type e add value 'new'; insert into t values ('old')",
      { 'expand/V1__e.sql': "alter type e add value 'new'", 'expand/V2__t.sql': "insert into t values ('new')" },
    ],
  },
  'bad-suppression': {
    fires: ['-- sluice-ignore: truncate\ntruncate t', '-- sluice-ignore: trunkate it is empty\ntruncate t'],
    silent: ['-- sluice-ignore: truncate it is empty\ntruncate t'],
  },
  'unused-suppression': {
    fires: ['-- sluice-ignore: truncate it is empty\nselect 1', 'select 1;\n-- sluice-ignore: truncate it is empty'],
    silent: [
      '-- sluice-ignore: truncate it is empty\ntruncate t',
      // Nobody was asked.
      '-- sluice-ignore: dry-run-rewrite it is small\nselect 1',
    ],
  },

  // Squawk
  'ban-char-field': { fires: ['create table n (a char(3))'], silent: ['create table n (a text)'] },
  'ban-drop-not-null': {
    fires: ['alter table t alter a drop not null'],
    silent: ['alter table t alter a drop default'],
  },
  'ban-alter-domain-with-add-constraint': {
    fires: ['alter domain d add constraint c check (value > 0)'],
    silent: ['alter domain d drop constraint c'],
  },
  'ban-create-domain-with-constraint': {
    fires: ['create domain d as int check (value > 0)'],
    silent: ['create domain d as int'],
  },
  'ban-drop-database': { fires: ['drop database shop'], silent: ['create table database (a int)'] },
  'identifier-too-long': {
    fires: [`alter table t add ${'a'.repeat(64)} int`],
    silent: [`alter table t add ${'a'.repeat(63)} int`],
  },
  'prefer-identity': { fires: ['create table n (a bigserial)'], silent: ['create table n (a bigint)'] },
  'prefer-timestamptz': {
    fires: ['create table n (a timestamp)'],
    silent: ['create table n (a timestamptz)'],
  },
};
