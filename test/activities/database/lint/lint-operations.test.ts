import { expect, it } from 'vitest';
import { lint } from '../../../../activities/database/lint/lint.js';
import type { LintReport } from '../../../../domain/lint/finding.js';
import { squawkRules } from '../../../../domain/lint/squawk-rules.js';
import { addColumnCases } from '../operations/add-column.cases.js';
import { alterColumnCases } from '../operations/alter-column.cases.js';
import { changeEnumCases } from '../operations/change-enum.cases.js';
import { columnExchangeCases } from '../operations/column-exchange.cases.js';
import { constraintCases } from '../operations/constraint.cases.js';
import { createTableCases } from '../operations/create-table.cases.js';
import { moveColumnCases } from '../operations/move-column.cases.js';
import { partitionCases } from '../operations/partition.cases.js';
import { plainCases } from '../operations/plain.cases.js';
import { widenKeyCases } from '../operations/widen-key.cases.js';
import { withEverything } from '../../../support/everything.js';
import { type Scratch, scratchDatabase } from '../scratch.js';

const shop = `create table customers (id int primary key, name text not null, age text);
  insert into customers select n, 'Ann ' || n, case n when 7 then 'old' else '42' end from generate_series(1, 200) n`;

it('names what nonsense there is in all files at once, by its place, and changes nothing', async () => {
  const database = await scratchDatabase();
  await database.sql(shop);
  const files = {
    '1_wrong.yaml': `operations:
  - add_column:
      table: customers
      column: { name: loud, type: text, nullable: true }
      up: upper(nme)
  - add_column:
      table: customers
      column: { name: length, type: int, nullable: true }
      up: name
  - alter_column:
      table: customers
      column: age
      type: int
      up: age::int
      down: agee::text
`,
    '2_more.yaml': `operations:
  - drop_column: { table: customers, column: nothing }
`,
    '3_unread.yaml': `operations:
  - add_colum: {}
`,
  };
  const { findings, layers } = await lintFiles(database, files);
  expect(findings.map(({ file, line, what }) => `${file}:${line} ${what}`)).toEqual([
    expect.stringMatching(/^db\/1_wrong\.yaml:5 column "nme" does not exist/),
    expect.stringMatching(/^db\/1_wrong\.yaml:9 invalid input syntax for type integer: "…"/),
    expect.stringMatching(/^db\/1_wrong\.yaml:14 invalid input syntax for type integer: "…"/),
    expect.stringMatching(/^db\/1_wrong\.yaml:15 column "agee" does not exist/),
    expect.stringMatching(/^db\/2_more\.yaml:2 .*nothing/),
    expect.stringMatching(/^db\/3_unread\.yaml:2 unknown operation "add_colum"/),
  ]);
  expect(findings.every(({ rule, severity }) => rule === 'operation-refused' && severity === 'error')).toBe(true);
  expect(layers[0]?.detail).toContain('0 files; 2 more can only be read when those before are run');
  expect(await database.value(`select count(*)::int from pg_namespace where nspname = 'sluice'`)).toBe(0);

  const alone = await lint({ inputs: [], operations: operations(files) });
  expect(alone.findings.map(({ file, line }) => [file, line])).toEqual([['db/3_unread.yaml', 2]]);
  expect(alone.layers.map(({ name, ran }) => [name, ran])).toEqual([
    ['rules', true],
    ['live facts', false],
  ]);
});

it('tells what breaks on the tables themselves, what else hears of it, and what SQL of yours would lock', async () => {
  const database = await scratchDatabase();
  await database.sql(`${shop}; analyze customers; create publication feed for table customers`);
  const report = await lintFiles(database, {
    '1_note.yaml': `operations:
  - create_table:
      name: notes
      columns: [{ name: id, type: int, pk: true }]
  - add_column:
      table: customers
      column: { name: note, type: text, nullable: true }
`,
    '2_sql.yaml': `operations:
  - sql:
      up: create index by_name on customers (name); alter table customers alter age set not null
`,
  });
  expect(report.findings.map(({ file, line, rule, what }) => [file, line, rule, what])).toEqual([
    ['db/1_note.yaml', 5, 'published-table', 'adds customers.note, and customers is published by feed'],
    ['db/1_note.yaml', 5, 'prepared-select-star', 'adds columns to customers itself'],
    ['db/2_sql.yaml', 2, 'index-without-concurrently', 'creates the index by_name on customers'],
    ['db/2_sql.yaml', 2, 'set-not-null', 'makes customers.age NOT NULL'],
  ]);
  expect(report.findings.at(-1)?.waits).toMatch(/customers has .* in about 200 rows/);
});

it('asks squawk about the statements that operations make, and keeps what the phases do not answer', async () => {
  const database = await scratchDatabase();
  await database.sql(`${shop}; alter table customers add code char(3), add seen timestamp`);
  const report = await lintFiles(database, {
    '1_types.yaml': `operations:
  - create_table:
      name: notes
      columns:
        - { name: id, type: serial, pk: true }
        - { name: at, type: timestamp }
  - add_column:
      table: customers
      column: { name: country, type: char(2), nullable: true }
  - alter_column: { table: customers, column: name, nullable: true, down: "coalesce(name, '')" }
  - alter_column: { table: customers, column: code, check: { name: short, constraint: code <> '' } }
  - sql: { up: create domain age as int check (value > 0), onComplete: true }
`,
  });
  const found = report.findings.filter(({ rule }) => Object.hasOwn(squawkRules, rule));
  expect(found.map(({ file, line, rule, what }) => [file, line, rule, what])).toEqual([
    ['db/1_types.yaml', 2, 'prefer-identity', 'has serial'],
    ['db/1_types.yaml', 2, 'prefer-timestamptz', 'has timestamp'],
    ['db/1_types.yaml', 7, 'ban-char-field', 'has char(2)'],
    ['db/1_types.yaml', 12, 'ban-create-domain-with-constraint', 'has check (value > 0)'],
  ]);
  expect(report.layers).toContainEqual({ name: 'squawk', ran: true, detail: 'the statements that they make' });
});

it('goes through all phases on a copy of the schema, and tells what each statement locks and writes anew', async () => {
  const database = await scratchDatabase();
  await database.sql(`${shop}; create table orders (customer int references customers)`);
  const files = {
    '0_sql.yaml': `operations:
  - sql: { up: alter table orders alter customer type bigint, onComplete: true }
`,
    '1_age.yaml': `operations:
  - alter_column: { table: customers, column: age, type: int, up: "nullif(age, 'old')::int", down: age::text }
  - create_index: { table: customers, name: by_name, columns: [{ column: name }] }
`,
  };
  const { observed, findings, layers } = await lintFiles(database, files, true);
  expect(layers.at(-1)).toMatchObject({ name: 'dry run', ran: true });
  expect([...new Set(observed.map(({ phase }) => phase))]).toEqual(['expand', 'backfill', 'contract']);
  const seen = (start: string) => observed.find(({ statement }) => statement.startsWith(start));
  expect(seen('alter table "public"."customers" add column')).toMatchObject({
    file: 'db/1_age.yaml',
    line: 2,
    phase: 'expand',
    locks: [{ relation: 'customers', mode: 'AccessExclusiveLock' }],
    rewritten: [],
  });
  expect(seen('update "public"."customers"')).toMatchObject({
    phase: 'backfill',
    locks: expect.arrayContaining([{ relation: 'customers', mode: 'RowExclusiveLock' }]),
  });
  expect(seen('create index concurrently')).toMatchObject({ line: 3, phase: 'backfill' });
  expect(findings.filter(({ rule }) => rule === 'dry-run-rewrite')).toMatchObject([
    { file: 'db/0_sql.yaml', line: 2, what: expect.stringContaining('writes orders anew') as string },
  ]);
  // Others on the server make copies, too, and drop them.
  const copies = () => database.value(`select count(*)::int from pg_database where datname like 'sluice_lint_%'`);
  await expect.poll(copies, { timeout: 30_000 }).toBe(0);

  const failing = await lintFiles(
    database,
    {
      '1_view.yaml': 'operations: [{ sql: { up: drop table customers, onComplete: true } }]\n',
    },
    true,
  );
  expect(failing.findings).toMatchObject([
    { line: 1, rule: 'dry-run-failed', what: expect.stringMatching(/^fails in contract: .*orders/s) as string },
  ]);
});

const all = [
  ...createTableCases,
  ...addColumnCases,
  ...alterColumnCases,
  ...columnExchangeCases,
  ...constraintCases,
  ...plainCases,
  ...changeEnumCases,
  ...widenKeyCases,
  ...moveColumnCases,
  ...partitionCases,
];

it.runIf(withEverything('the lint of every kind of operation')).each(all)(
  'has nothing against $name',
  async ({ before, operations: list, schema = 'public' }) => {
    const database = await scratchDatabase();
    const quoted = `"${schema.replaceAll('"', '""')}"`;
    await database.sql(`create schema if not exists ${quoted}; set search_path to ${quoted}, public; ${before}`);
    const url = new URL(database.url);
    url.searchParams.set('options', `-c search_path=${quoted.replaceAll(/[ \\]/g, '\\$&')}`);
    const text = JSON.stringify({ operations: list });
    const { findings, layers } = await lintFiles({ url: url.href }, { '1_change.json': text }, true);
    expect(layers.at(-1)).toMatchObject({ name: 'dry run', ran: true });
    const isRaw = text.includes('"sql"');
    expect(findings.filter(({ severity }) => severity === 'error' && !isRaw)).toEqual([]);
    expect(findings.filter(({ rule }) => rule === 'dry-run-failed')).toEqual([]);
  },
);

function operations(files: Readonly<Record<string, string>>) {
  return { folder: 'db', files: Object.entries(files).map(([name, text]) => ({ name, text })) };
}

function lintFiles(
  { url }: Pick<Scratch, 'url'>,
  files: Readonly<Record<string, string>>,
  dryRun = false,
): Promise<LintReport> {
  return lint({ inputs: [], operations: operations(files), database: { url, optional: false, dryRun } });
}
