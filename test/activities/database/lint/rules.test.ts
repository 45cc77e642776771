import { describe, expect, it } from 'vitest';
import { lint } from '../../../../activities/database/lint/lint.js';
import type { LintInput } from '../../../../domain/lint/finding.js';
import { type MigrationPhase, migrationPhases } from '../../../../domain/migration.js';
import { type Case, ruleCases } from './rule-cases.js';

describe.each(Object.entries(ruleCases))('%s', (rule, { fires, silent }) => {
  it.each(fires.map((it) => [textOf(it), it] as const))('finds %s', async (_, it) => {
    expect(await rulesOf(it)).toContain(rule);
  });

  it.each(silent.map((it) => [textOf(it), it] as const))('finds nothing in %s', async (_, it) => {
    expect(await rulesOf(it)).not.toContain(rule);
  });
});

it('says one thing once, whichever layer sees it', async () => {
  const statements = [
    'alter table t add a int not null',
    'create index on t (a)',
    'drop index i',
    'reindex table t',
    'alter table t add constraint c check (a > 0)',
    'alter table t add constraint c foreign key (a) references p',
    'alter table t add constraint c unique (a)',
    'alter table t drop a',
    'drop table t',
    'truncate t cascade',
    'alter table p detach partition t',
    'alter table t alter a type int',
    'alter table t alter a set not null',
    'alter table t rename a to b',
    'alter table t rename to u',
    'alter table t add a uuid default gen_random_uuid()',
  ];
  for (const statement of statements)
    expect({ statement, rules: await rulesOf(statement) }).toMatchObject({ rules: [expect.any(String)] });
});

it('has no false alarm where squawk has one', async () => {
  expect(await rulesOf('alter table t alter a type text')).toEqual([]);
  expect(
    await rulesOf({ 'expand/V1__n.sql': 'create table n (a int)', 'expand/V2__n.sql': 'create index on n (a)' }),
  ).toEqual([]);
});

it('hands squawk every statement, with its place', async () => {
  const sql = `-- é; 'x\ncreate table ä (a timestamp) ; /* ; */\n\ncreate table m (b timestamp);create table o (c timestamp)`;
  const { findings, layers } = await lint({ inputs: [{ file: 'a.sql', sql }] });
  expect(findings.map(({ rule, line, column }) => `${rule} ${line}:${column}`)).toEqual([
    'prefer-timestamptz 2:1',
    'prefer-timestamptz 4:1',
    'prefer-timestamptz 4:30',
  ]);
  expect(layers).toContainEqual({ name: 'squawk', ran: true, detail: 'every file' });
});

it('suppresses what a comment names, where it stands', async () => {
  const suppressed = [
    '-- sluice-ignore: truncate it is empty\n-- more words\ntruncate t',
    'truncate t; -- sluice-ignore: truncate it is empty',
    'truncate\n-- sluice-ignore: truncate it is empty\nt',
    'select 1;\n  -- sluice-ignore truncate it is empty\r\ntruncate t;\r\nselect 2',
  ];
  for (const sql of suppressed) expect({ sql, rules: await rulesOf(sql) }).toEqual({ sql, rules: [] });
  expect(await rulesOf('truncate t;\n-- sluice-ignore: truncate it is empty\nselect 1')).toEqual([
    'truncate',
    'unused-suppression',
  ]);
  expect(await rulesOf('-- sluice-ignore: truncate it is empty\ntruncate t; truncate u')).toContain('truncate');
});

it('knows what a version can do', async () => {
  const virtual = 'alter table t add a int generated always as (b + 1) virtual';
  expect(await rulesOf(virtual, 17)).toEqual(['add-column-rewrite']);
  expect(await rulesOf(virtual, 18)).toEqual([]);
});

function textOf(it: Case): string {
  return typeof it === 'string' ? it : JSON.stringify(it);
}

async function rulesOf(it: Case, postgresVersion?: number): Promise<string[]> {
  const files = typeof it === 'string' ? { 'expand/V1__t.sql': it } : it;
  const inputs = Object.entries(files).map(([file, sql]): LintInput => {
    const phase = migrationPhases.find((name): name is MigrationPhase => name === file.split('/')[0]);
    return { file, sql, ...(phase === undefined ? {} : { phase }) };
  });
  const { findings } = await lint({ inputs, ...(postgresVersion === undefined ? {} : { postgresVersion }) });
  return findings.map(({ rule }) => rule);
}
