import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { createCustomers, names, scratchDatabase } from '../activities/database/scratch.js';
import { sluice } from './command-line.js';

const root = mkdtempSync(path.join(tmpdir(), 'sluice-db-repair-'));
afterAll(() => rmSync(root, { recursive: true }));

async function change(files: Readonly<Record<string, string>>) {
  const dir = mkdtempSync(path.join(root, 'change-'));
  const write = (name: string, text: string) => {
    mkdirSync(path.join(dir, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const database = await scratchDatabase();
  await createCustomers(database, 20);
  const db = (verb: string, ...more: string[]) => sluice(['db', verb, '--dir', dir, '--url', database.url, ...more]);
  const diff = (...more: string[]) => sluice(['db', 'diff', '--url', database.url, ...more]);
  const baseline = (...more: string[]) => sluice(['db', 'baseline', '--url', database.url, ...more]);
  const remove = (name: string) => rmSync(path.join(dir, name));
  return { database, write, remove, db, diff, baseline };
}

const email = `operations:
  - add_column:
      table: customers
      up: lower(full_name)
      column: { name: email, type: text, nullable: true }
`;

describe('sluice db repair', () => {
  it('accepts what diff shows and every phase refuses, and a file of operations that was changed on purpose', async () => {
    const { database, write, db, diff } = await change({
      '1_email.yaml': email,
      '2_email.yaml': email.replaceAll('email', 'mail'),
    });
    expect((await db('start')).exitCode).toBe(0);
    expect(await diff()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('as sluice left it') as string });

    await database.sql('alter table customers add column nick text; alter table customers drop column mail cascade');
    const shown = await diff();
    expect(shown).toMatchObject({ exitCode: 3 });
    expect(shown.stdout).toMatch(/^public\.customers is not as 1_email left it:\n {2}column mail is gone, was text$/m);
    expect(JSON.parse((await diff('--json')).stdout)).toMatchObject({
      drift: [{ relation: 'public.customers', leftBy: '1_email' }, { relation: 'public_2_email.customers' }],
    });
    await database.sql(`alter table customers add column mail text`);
    write('1_email.yaml', `# why\n${email}`);
    const refused = await db('contract', '--unproven');
    expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
    expect(refused.stderr).toContain('column nick is new, text. Put it back, or accept it with sluice db repair');

    const repaired = await db('repair', '--yes');
    expect(repaired.exitCode).toBe(0);
    expect(repaired.stderr).toContain('Will accept as it is now:');
    expect(repaired.stderr).toMatch(/Will record 1_email\.yaml as \w{64}, was \w{64}\./);
    expect((await diff()).exitCode).toBe(0);
    expect(await db('plan')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await db('repair')).toMatchObject({ exitCode: 0, stdout: 'repair: nothing was to be repaired\n' });
    const { events } = JSON.parse((await sluice(['db', 'history', '--url', database.url, '--json'])).stdout) as {
      events: readonly { name: string; event: string }[];
    };
    expect(events.slice(-2)).toMatchObject([{ event: 'repaired' }, { event: 'repaired' }]);
  });

  it('forgets a failed attempt of Flyway, and records a file of SQL that was changed on purpose', async () => {
    const { database, write, db } = await change(names);
    expect((await db('expand')).exitCode).toBe(0);
    await database.sql(
      `insert into flyway_schema_history values (9, '2.3', 'full name', 'SQL', 'contract/V2.3__full_name.sql', 1, 'me', now(), 1, false)`,
    );
    write('expand/V2.1__names.sql', `${names['expand/V2.1__names.sql']} -- why`);
    expect((await db('plan')).exitCode).toBe(3);
    const rows = await database.value('select count(*)::int from customers where first_name is null');
    const { exitCode, stderr, stdout } = await db('repair', '--json');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Will forget the failed attempt of contract/V2.3__full_name.sql.');
    expect(JSON.parse(stdout)).toMatchObject({ drift: [], realigned: [{ file: 'expand/V2.1__names.sql' }] });
    expect((await db('plan')).exitCode).toBe(0);
    expect(await database.value('select count(*)::int from customers where first_name is null')).toBe(rows);
    expect((await db('backfill')).exitCode).toBe(0);
  });

  it('takes a contract file that somebody has run by hand and entered as the page says', async () => {
    const page = readFileSync(path.join(packageRoot, 'docs', 'how-to', 'operate-a-release.md'), 'utf8');
    const [, entering = ''] = /```sql\n(.*?)```/s.exec(page) ?? [];
    const { database, db } = await change(names);
    expect((await db('expand')).exitCode).toBe(0);
    expect((await db('backfill')).exitCode).toBe(0);
    await database.sql(names['contract/V2.3__full_name.sql']);
    await database.sql(entering);
    expect((await db('contract', '--unproven')).exitCode).toBe(3);

    const repaired = await db('repair', '--json');
    expect(repaired.exitCode).toBe(0);
    expect(JSON.parse(repaired.stdout)).toMatchObject({
      drift: [{ relation: 'public.customers' }],
      realigned: [{ file: 'contract/V2.3__full_name.sql', was: '0' }],
    });
    const contracted = await db('contract', '--unproven');
    expect(contracted).toMatchObject({ exitCode: 0 });
    expect(contracted.stderr).toContain('Nothing is pending in contract/.');
  });
});

describe('sluice db baseline', () => {
  it('takes a schema over as the first version of operations, on which the first file builds', async () => {
    const { database, write, remove, db, baseline } = await change({ '05_email.yaml': email });
    expect(await baseline()).toMatchObject({ exitCode: 2 });
    const taken = await baseline('--operations', '04_before');
    expect(taken).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"public_04_before", "public"') as string,
    });
    expect(await database.value('select count(*)::int from public_04_before.customers')).toBe(20);
    const again = await baseline('--operations', '04_more');
    expect(again.stderr).toContain('expected no operations in schema public yet, found 04_before in its history');

    write('03_late.yaml', email.replaceAll('email', 'late'));
    expect((await db('plan')).stdout).toContain('03_late.yaml: expected a name that comes after 04_before');
    remove('03_late.yaml');
    expect((await db('start')).exitCode).toBe(0);
    expect((await db('contract', '--unproven')).exitCode).toBe(0);
    // Its views go with the first contract, as those of any version before.
    expect(await database.value(`select to_regclass('public_04_before.customers')::text`)).toBe(null);
  });

  it('writes the row that Flyway writes, and refuses files up to it', async () => {
    const { database, db, baseline } = await change(names);
    expect((await baseline('--flyway', '2_1', '--json')).stdout).toContain('"version": "2.1"');
    expect(
      await database.sql(
        'select installed_rank, version, description, type, script, checksum, success from flyway_schema_history',
      ),
    ).toEqual([
      {
        installed_rank: 1,
        version: '2.1',
        description: '<< Flyway Baseline >>',
        type: 'BASELINE',
        script: '<< Flyway Baseline >>',
        checksum: null,
        success: true,
      },
    ]);
    expect((await db('plan')).stdout).toContain('expand/V2.1__names.sql: expected a version above the baseline 2.1');
    expect((await baseline('--flyway', '3')).stderr).toContain('to be empty, found BASELINE 2.1 in it');
  });
});
