import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv } from 'ajv';
import pg from 'pg';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import type { LintReport } from '../../domain/lint/finding.js';
import { packageRoot } from '../../embedded/package-root.js';
import { freshDatabase } from '../support/postgres.js';
import { type CommandOptions, sluice, startSluice } from './command-line.js';
import { withManifestFolder } from './manifest-folder.js';

const folder = withManifestFolder();

const noDatabase = { DATABASE_URL: '', PGHOST: '', PGDATABASE: '' };

const lint = (args: readonly string[], { env, ...options }: CommandOptions = {}) =>
  sluice(['db', 'lint', ...args], { cwd: folder.path, env: { ...noDatabase, ...env }, ...options });

const bad = {
  'vä #1/expand/V2__a.sql':
    '-- Für später.\nselect 1; /* ü */ alter table bestellungen\n  alter betrag set not null;\n',
  'vä #1/expand/V10__b.sql': 'create index on orders (id);\n',
  'vä #1/contract/V11__c.sql': 'alter table orders drop a;\n',
};

describe('sluice db lint', () => {
  it('exits with 3 on errors, and says of each where, what breaks, who waits, and what to write', async () => {
    folder.write(bad);
    const { exitCode, stdout, stderr } = await lint(['--dir', 'vä #1', '--postgres-version', '16']);
    expect({ exitCode, stderr }).toEqual({ exitCode: exits.refused.code, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'vä #1/expand/V2__a.sql:2:19: error set-not-null: makes bestellungen.betrag NOT NULL',
      '    alter table bestellungen alter betrag set not null',
      '  breaks   the whole table is read for a NULL, since no valid CHECK tells that there is none',
      '  waits    reads and writes of bestellungen, as long as Postgres reads the table',
      expect.stringMatching(/^ {2}instead {2}add CHECK \(… IS NOT NULL\) NOT VALID, /),
      '',
      'vä #1/expand/V10__b.sql:1:1: error index-without-concurrently: creates an index on orders',
      '    create index on orders (id)',
      '  breaks   the index is built while the table is locked against writes',
      '  waits    writes to orders, as long as Postgres builds an index',
      '  instead  the operation create_index, or CREATE INDEX CONCURRENTLY by hand before the release, without IF NOT EXISTS',
      '',
      '3 files, 4 statements: 2 errors, 0 warnings',
      '  rules       for Postgres 16',
      '  squawk      every file',
      '  live facts  skipped: no database was named (--url, DATABASE_URL, or libpq’s PGHOST and the like)',
      '',
    ]);
  });

  it('exits with 0 when there are only warnings', async () => {
    folder.write({ 'a.sql': 'create table n (a timestamp);' });
    const { exitCode, stdout } = await lint(['a.sql', '--phase', 'expand']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('a.sql:1:1: warning prefer-timestamptz');
  });

  it('takes the phase from --phase, else from the folder, else none', async () => {
    folder.write({ 'contract/a.sql': 'alter table t drop a', 'a.sql': 'alter table t drop a' });
    expect(await lint(['contract/a.sql'])).toMatchObject({ exitCode: 0 });
    expect(await lint(['a.sql', '--phase', 'contract'])).toMatchObject({ exitCode: 0 });
    expect(await lint(['contract/a.sql', '--phase', 'expand'])).toMatchObject({ exitCode: exits.refused.code });
    expect(await lint(['a.sql'])).toMatchObject({ exitCode: exits.refused.code });
  });

  it.each([[['--json']], [['--format', 'json']]])('prints one document with %s', async (args) => {
    folder.write(bad);
    const { exitCode, stdout } = await lint(['--dir', 'vä #1', ...args]);
    expect(exitCode).toBe(exits.refused.code);
    const report = JSON.parse(stdout) as LintReport;
    expect(report).toMatchObject({ files: expect.arrayContaining(['vä #1/contract/V11__c.sql']), statements: 4 });
    expect(report.findings[0]).toEqual({
      file: 'vä #1/expand/V2__a.sql',
      line: 2,
      column: 19,
      statement: 'alter table bestellungen alter betrag set not null',
      rule: 'set-not-null',
      severity: 'error',
      what: 'makes bestellungen.betrag NOT NULL',
      breaks: expect.any(String),
      waits: expect.any(String),
      recipe: expect.any(String),
    });
  });

  it('prints annotations that GitHub reads as one line each', async () => {
    folder.write({
      'v2/expand/V1__100%,a:b.sql': 'alter table "a%0A::error::x" alter b set not null;',
      'v2/x.sql': '',
    });
    const { stdout } = await lint(['v2/expand/V1__100%,a:b.sql', '--format', 'github']);
    const [line, notice, end, ...rest] = stdout.split('\n');
    expect(line).toMatch(
      /^::error file=v2\/expand\/V1__100%25%2Ca%3Ab\.sql,line=1,col=1,title=set-not-null::makes a%250A::error::x\.b NOT NULL: .*%0AWaits: .*%0AInstead: [^\n]*$/,
    );
    expect(notice).toMatch(/^::notice title=sluice db lint::live facts skipped: /);
    expect([end, rest]).toEqual(['', []]);
  });

  it('prints a log that the schema of SARIF 2.1.0 takes', async () => {
    folder.write({ ...bad, 'vä #1/expand/V12__c.sql': 'truncate t;' });
    const { stdout } = await lint(['--dir', 'vä #1', '--format', 'sarif']);
    const log = JSON.parse(stdout) as Log;
    expect(errorsOfSarif(log)).toEqual([]);
    expect(errorsOfSarif({ ...log, version: '2.0.0' })).not.toEqual([]);
    expect(errorsOfSarif({ ...log, runs: [{ ...log.runs[0], results: [{ level: 'error' }] }] })).not.toEqual([]);
    const [run] = log.runs;
    const places = run?.results?.map(({ ruleId, ruleIndex, locations }) => ({
      rule: [ruleId, run.tool.driver.rules?.[ruleIndex ?? -1]?.id],
      uri: locations?.[0]?.physicalLocation?.artifactLocation?.uri,
      region: locations?.[0]?.physicalLocation?.region,
    }));
    expect(places).toMatchObject([
      {
        rule: ['set-not-null', 'set-not-null'],
        uri: 'v%C3%A4%20%231/expand/V2__a.sql',
        region: { startLine: 2, startColumn: 19 },
      },
      { rule: ['index-without-concurrently', 'index-without-concurrently'], uri: 'v%C3%A4%20%231/expand/V10__b.sql' },
      { rule: ['truncate', 'truncate'], uri: 'v%C3%A4%20%231/expand/V12__c.sql' },
    ]);
  });

  it('says where the parser gave up, and still reads the other statements', async () => {
    folder.write({ 'a.sql': "select 'ä';\nalter table t\n  ad b int;\ntruncate t;\n\\d t\n" });
    const { exitCode, stdout } = await lint(['a.sql']);
    expect(exitCode).toBe(exits.refused.code);
    const lines = stdout.split('\n').filter((line) => line.startsWith('a.sql'));
    expect(lines).toEqual([
      'a.sql:3:3: error syntax-error: syntax error at or near "ad"',
      'a.sql:4:1: error truncate: empties t',
      'a.sql:5:1: error syntax-error: syntax error at or near "\\"',
    ]);
  });

  it('goes on without squawk where its program is missing, and says so', async () => {
    folder.write({ 'a.sql': 'create table n (a timestamp); truncate t;' });
    // As on a platform squawk has no program for.
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent("Object.defineProperty(process, 'arch', { value: 'mips' })")}`;
    const { exitCode, stdout } = await startSluice(['db', 'lint', 'a.sql'], {
      cwd: folder.path,
      env: { ...noDatabase, NODE_OPTIONS },
    }).ended;
    expect(exitCode).toBe(exits.refused.code);
    expect(stdout).toMatch(/^ {2}squawk {6}skipped: .*unsupported platform "linux-mips"/m);
    expect(stdout).toContain('error truncate');
    expect(stdout).not.toContain('prefer-timestamptz');
  });

  it('asks the database that --url, DATABASE_URL or libpq’s variables name', async () => {
    folder.write({ 'a.sql': 'alter table t alter a type text;', 'contract/V2__t.sql': 'drop table t;' });
    const url = await freshDatabase('lint');
    const { hostname, port, username, password, pathname } = new URL(url);
    await query(url, 'create table t (a int)');
    const libpq = {
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: password,
      PGDATABASE: pathname.slice(1),
    };
    for (const [args, env] of [
      [['--url', url], {}],
      [[], { DATABASE_URL: url }],
      [[], libpq],
    ] as const) {
      const { stdout } = await lint(['a.sql', ...args], { env });
      expect(stdout).toContain('changes the type of t.a from integer to text');
      expect(stdout).toMatch(
        /^ {2}live facts {2}1 tables of a Postgres 18, 0 standbys; not looked at: statements that are run, as nobody counts them here; create extension pg_stat_statements$/m,
      );
      expect(stdout).not.toContain(password);
    }
    const { stdout } = await lint(['contract/V2__t.sql', '--url', url, '--dry-run']);
    expect(stdout).toContain('  contract/V2__t.sql:1: drop table t\n      t AccessExclusiveLock\n');
    expect(stdout).toMatch(/^ {2}dry run {5}on a copy of the schema without rows, which is gone again$/m);
  });

  it('takes a folder of operations, and values of placeholders from a folder’s flyway.conf', async () => {
    folder.write({
      'ops/1_a.yaml': 'operations:\n  - add_column: { table: t, column: { name: b, type: text }, up: nothing }\n',
      'ops/2_b.yaml': 'operations: [{ dance: {} }]\n',
      'placed/flyway.conf': 'flyway.placeholders.table=orders',
      'placed/expand/V1__a.sql': 'create index on ${table} (id);',
      'placed/expand/V1__a.sql.conf': 'encoding=UTF-8',
      'unplaced/expand/V1__a.sql': 'select 1;\ncreate index on ${table} (id);',
    });
    const url = await freshDatabase('lint');
    await query(url, 'create table t (a int)');
    const alone = await lint(['--dir', 'ops']);
    expect(alone).toMatchObject({ exitCode: exits.refused.code });
    expect(alone.stdout).toMatch(/^ops\/2_b\.yaml:1:\d+: error operation-refused: unknown operation "dance"/);
    const { stdout } = await lint(['--dir', 'ops', '--url', url, '--dry-run']);
    expect(stdout).toContain('ops/1_a.yaml:2:66: error operation-refused: column "nothing" does not exist');
    expect((await lint(['--dir', 'placed'])).stdout).toContain('creates an index on orders');
    const { exitCode, stderr } = await lint(['--dir', 'unplaced']);
    expect(exitCode).toBe(exits.refused.code);
    expect(stderr).toMatch(/V1__a\.sql:2.*expected flyway\.placeholders\.table in flyway\.conf/);
  });

  it('exits with 6 when the database it was told to ask is not there, and tells no password', async () => {
    folder.write({ 'a.sql': 'select 1' });
    const url = 'postgres://me:secret@127.0.0.1:1/shop';
    const { exitCode, stderr } = await lint(['a.sql', '--url', url]);
    expect(exitCode).toBe(exits.unreachable.code);
    expect(stderr).toMatch(/^database-unreachable: .*ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
    expect(await lint(['a.sql'], { env: { DATABASE_URL: url } })).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [[], 'expected either --dir or SQL files, found none'],
    [['--dir', 'v2', 'a.sql'], 'expected either --dir or SQL files, found --dir with more'],
    [['nowhere.sql'], 'expected a file at nowhere.sql, found nothing'],
    [['--dir', 'a.sql'], 'expected a folder at a.sql, found something else'],
    [['a.sql', '--dry-run'], 'expected a database, found none named'],
    [['a.sql', '--postgres-version', '9.6'], 'expected a major version of Postgres from 10'],
    [['a.sql', '--json', '--format', 'sarif'], 'expected one format, found --json and --format sarif'],
    [['a.sql', '--phase', 'deploy'], 'Allowed choices are expand, backfill, contract'],
  ])('exits with 2 on %j', async (args, words) => {
    folder.write({ 'a.sql': 'select 1' });
    const { exitCode, stderr } = await lint(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: exits.usage.code, stderr: expect.stringContaining(words) });
  });
});

describe('hostile SQL', () => {
  const limit = 512 * 1024;
  const filled = (piece: string) => piece.repeat(Math.floor(limit / Buffer.byteLength(piece)));

  it.each<[string, string | Uint8Array, RegExp]>([
    ['binary data', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), /expected a text in UTF-8, found binary data/],
    ['100 MB', Buffer.alloc(100 * 1024 * 1024, 'select 1;\n'), /expected at most 524288 bytes of SQL in all/],
    ['a tower of parentheses', `select ${'('.repeat(100_000)}1`, /syntax-error: memory exhausted/],
    ['an endless sum', `select 1${'+1'.repeat(200_000)};`, /syntax-error: the statement is nested too deeply/],
    ['a comment that never ends', '/*'.repeat(200_000), /syntax-error: a string, name or comment is never closed/],
    ['comments in comments', `select 1 ${'/*'.repeat(100_000)}${'*/'.repeat(100_000)}`, /1 statement: 0 errors/],
    ['an endless operator', `select ${'+'.repeat(400_000)}1`, /syntax-error: an operator is too long/],
    ['as many statements as may be', filled('drop table t;\n'), /37449 statements: 37449 errors/],
    ['the same in one line', filled('drop table t;'), /40329 statements: 40329 errors/],
    ['a finding of squawk at every word of a line', filled('create table n(a timestamp);'), /0 errors, 18724 warnings/],
    ['as many new enum values as may be', filled("alter type e add value 'a';\n"), /0 errors/],
    ['as many suppressions as may be', filled('-- sluice-ignore: truncate x\n'), /0 statements: 0 errors/],
    ['one line of placeholders', `update t set a = :a${filled(',:a')}`.slice(0, limit), /syntax-error/],
    ['a list of a hundred thousand values', `insert into t values (1)${',(1)'.repeat(100_000)}`, /0 errors/],
  ])('is read in bounded time: %s', { timeout: 120_000 }, async (_name, content, words) => {
    folder.write({ 'hostile.sql': content });
    const { exitCode, stdout, stderr } = await lint(['hostile.sql']);
    expect([0, exits.refused.code]).toContain(exitCode);
    expect(`${stdout}${stderr}`).toMatch(words);
  });

  it('is not waited for in a pipe', async () => {
    const file = path.join(folder.path, 'pipe.sql');
    execFileSync('mkfifo', [file]);
    expect(await lint(['pipe.sql'])).toMatchObject({ exitCode: exits.usage.code });
  });
});

it('has nothing against the shop’s own migrations but its trigger', async () => {
  const { exitCode, stdout } = await lint(['--dir', path.join(packageRoot, 'examples/shop/migrations/v2'), '--json']);
  expect(exitCode).toBe(0);
  expect((JSON.parse(stdout) as LintReport).findings.map(({ rule }) => rule)).toEqual(['create-trigger']);
});

/** The schema is of draft 4, of which Ajv 8 knows all that is used here but the names of two keywords. */
function errorsOfSarif(log: unknown): readonly unknown[] {
  const require = createRequire(import.meta.url);
  const { id, $schema, ...schema } = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json') as Record<
    string,
    object
  >;
  expect([id, $schema]).toEqual([expect.stringContaining('sarif-2.1.0'), expect.stringContaining('draft-04')]);
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
  return validate(log) ? [] : (validate.errors ?? []);
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
