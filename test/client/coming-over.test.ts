import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { createCustomers, scratchDatabase } from '../activities/database/scratch.js';
import { type CommandAnswer, sluice } from './command-line.js';

// The commands of the pages for those who come from elsewhere, as they stand there, on the files that stand there.

const root = mkdtempSync(path.join(tmpdir(), 'sluice-coming-over-'));
afterAll(() => rmSync(root, { recursive: true }));

async function follow(page: string, before: string) {
  const cwd = mkdtempSync(path.join(root, 'page-'));
  const text = readFileSync(path.join(packageRoot, 'docs', 'how-to', page), 'utf8');
  const write = (name: string, content: string) => {
    mkdirSync(path.join(cwd, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(cwd, name), content);
  };
  for (const [, name = '', content = ''] of text.matchAll(/^```(?:sql|yaml)\n(?:--|#) (\S+)\n([^]*?)^```$/gm)) {
    write(name, content);
  }
  const database = await scratchDatabase();
  await createCustomers(database, 50);
  await database.sql(before);
  const run = (command: string) => {
    const [, ...args] = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''));
    return sluice(args, { cwd, env: { DATABASE_URL: database.url } });
  };
  const told = new Map<string, CommandAnswer>();
  for (const [, command = ''] of text.matchAll(/^(sluice db .+)$/gm)) {
    const answer = await run(command);
    expect(answer, `${command}: ${answer.stderr}`).toMatchObject({ exitCode: 0 });
    told.set(command.split(' ')[2] ?? '', answer);
  }
  return { database, write, run, told: (name: string) => told.get(name)?.stdout ?? '' };
}

/** As Flyway 11 leaves it. */
const flyways = `create table flyway_schema_history (installed_rank integer not null constraint flyway_schema_history_pk primary key,
    version varchar(50), description varchar(200) not null, type varchar(20) not null, script varchar(1000) not null, checksum integer,
    installed_by varchar(100) not null, installed_on timestamp not null default now(), execution_time integer not null, success boolean not null);
  insert into flyway_schema_history values (1, '1', 'init', 'SQL', 'V1__init.sql', 7, 'flyway', now(), 1, true),
    (2, null, 'views', 'SQL', 'R__views.sql', 8, 'flyway', now(), 1, true), (3, '3', 'more', 'SQL', 'V3__more.sql', 9, 'flyway', now(), 1, true)`;

it('leads from Flyway to a change in phases, and refuses what the page says is refused', async () => {
  const { database, write, run, told } = await follow('from-flyway.md', flyways);
  expect(told('history')).toContain('V1__init.sql');
  expect(told('contract')).toContain('contract/V6__full_name.sql');
  expect(
    await database.value(`select string_agg(version, ' ' order by installed_rank) from flyway_schema_history`),
  ).toBe('1 3 4 5 6');
  expect(await database.value('select count(first_name)::int from customers')).toBe(50);

  const odd = {
    'R__views.sql': ': repeatable files have no phase',
    'B7__base.sql': ': expected a name such as',
    'V9__ä.sql': ': expected a name such as',
    'V8__a.sql.conf': ': expected V8__a.sql beside it',
    'V10__b.sql.conf': ':1: executeInTransaction: expected true',
    'afterMigrateError.sql': ': expected one of the callbacks',
    'V10__b.sql': ':1: flyway:timestamp: it is another one with each attempt',
  };
  for (const name of Object.keys(odd)) write(`other/expand/${name}`, 'select 1 -- ${flyway:timestamp}');
  write('other/expand/V10__b.sql.conf', 'executeInTransaction=false');
  const { exitCode, stdout } = await run('sluice db plan --dir other');
  expect(exitCode).toBe(3);
  for (const [name, reason] of Object.entries(odd)) expect(stdout).toContain(`expand/${name}${reason}`);

  write('held/expand/V10__held.sql', 'create table ${name} (id int)');
  write('held/expand/U10__held.sql', 'drop table ${name}');
  const held = await run('sluice db expand --dir held');
  expect(held).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('flyway.placeholders.name') as string });
  write('held/flyway.conf', 'flyway.placeholders.name=held');
  expect(await run('sluice db expand --dir held --yes')).toMatchObject({ exitCode: 0 });
  expect(await database.value(`select to_regclass('held')::text`)).toBe('held');
});

it('leads from pgroll to its next file, beside the views that pgroll has made', async () => {
  const pgrolls =
    'create schema public_05_last; create view public_05_last.customers as select id, full_name from customers';
  const { database, write, run, told } = await follow('from-pgroll.md', pgrolls);
  expect(told('status')).toContain('search_path = "public_06_email", "public"');
  expect(told('complete')).toContain('06_email.yaml (contract)');
  expect(await database.value(`select email from public_06_email.customers where id = 1`)).toBe('ann lee1@example.com');
  expect(await database.value('select count(*)::int from public_05_last.customers')).toBe(50);

  write('late/04_late.yaml', 'name: other\noperations: [{ drop_table: { name: customers } }]');
  const late = await run('sluice db plan --dir late');
  expect(late).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining('expected the name of the file') as string,
  });
});
