import { expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../activities/database/phased-sql-engine.js';
import { standalone } from '../../activities/database/standalone.js';
import { readMigrationFolder } from '../../client/migration-folder.js';
import type { SchemaOrder } from '../../domain/schema-change.js';
import {
  createCustomers,
  files,
  migration,
  names,
  phaseRun,
  type Scratch,
  scratchDatabase,
} from '../activities/database/scratch.js';
import { withEverything } from '../support/everything.js';
import { findOrFetchFlyway, flyway, folderOf } from './flyway.js';

const home = withEverything('what the real Flyway says of our history')
  ? await findOrFetchFlyway()
  : { missing: undefined };
if ('missing' in home && home.missing !== undefined) process.stderr.write(`skipped: ${home.missing}\n`);
const jars = 'jars' in home ? home.jars : '';
const withFlyway = it.skipIf('missing' in home);

const engine = createPhasedSqlEngine({ pacing: { pauseRatio: 0 } });
const run = { signal: new AbortController().signal, onProgress: () => {} };

withFlyway('has nothing to add to a folder that sluice has run, and nothing against it', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 300);
  // Line ends, a letter beyond ASCII, no line end at the end: none of it is to make the checksums differ.
  const scripts = {
    ...names,
    'expand/V2.1__names.sql': `-- für alle\r\n${names['expand/V2.1__names.sql']}\r\n\r\nselect 'é';`,
    'contract/V2_3__full_name.sql': `${names['contract/V2.3__full_name.sql']}\n\n`,
  };
  delete (scripts as Record<string, string>)['contract/V2.3__full_name.sql'];
  const shop = migration(database, scripts);
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
  await engine.contract(shop, phaseRun());
  const folder = folderOf(scripts);
  const answer = await ask(database, folder, 'info', 'validate', 'migrate', 'info');
  expect(answer).toMatchObject({ invalid: [], migrated: 0 });
  expect(answer.error).toBe(undefined);
  expect(answer.info.map(({ version, state }) => [version, state])).toEqual([
    ['2.1', 'Success'],
    ['2.2', 'Success'],
    ['2.3', 'Success'],
  ]);

  // That it would have said so, had there been something.
  const other = { ...scripts, 'expand/V2.1__names.sql': names['expand/V2.1__names.sql'] };
  expect((await ask(database, folderOf(other), 'validate')).invalid).toEqual([
    expect.stringContaining('checksum mismatch'),
  ]);
});

withFlyway('runs again what sluice has taken back, and sluice takes it as its own', async () => {
  const database = await scratchDatabase();
  const scripts = {
    'expand/V1__a.sql': 'create table a (id int);',
    'expand/U1__a.sql': 'drop table a;',
    'expand/V2__b.sql': 'create table b (id int);',
    'expand/U2__b.sql': 'drop table b;',
  };
  const shop = migration(database, scripts);
  const folder = folderOf(scripts);
  await engine.expand(shop, phaseRun());
  await engine.rollback(shop, ['1'], phaseRun());
  const { error, info, invalid, migrated } = await ask(database, folder, 'migrate', 'validate', 'info');
  expect({ error, invalid, migrated }).toEqual({ error: undefined, invalid: [], migrated: 1 });
  expect(info.filter(({ version }) => version === '2').at(-1)).toMatchObject({ state: 'Success', type: 'SQL' });
  expect(await database.value(`select to_regclass('b')::text`)).toBe('b');

  expect(await engine.plan(shop)).toMatchObject({ refusals: [], pending: { expand: [] } });
  await engine.rollback(shop, [], phaseRun());
  expect(await database.value(`select to_regclass('a')::text`)).toBe(null);
});

withFlyway('leaves a history that sluice goes on with', async () => {
  const database = await scratchDatabase();
  const old = {
    'expand/V1__a.sql': '\uFEFFcreate table a (id int);\r\n-- ü\r\n',
    'expand/U1__a.sql': 'drop table a;',
    'contract/V2__a.sql': 'alter table a add column b int;',
  };
  expect(await ask(database, folderOf(old), 'migrate')).toMatchObject({ migrated: 2 });
  const scripts = {
    ...old,
    'expand/V3__c.sql': 'alter table a add column c int;',
    'expand/U3__c.sql': 'alter table a drop column c;',
  };
  const shop = migration(database, scripts);
  const pending = { expand: ['expand/V3__c.sql'], backfill: [], contract: [] };
  expect(await engine.plan(shop)).toMatchObject({ refusals: [], pending });
  await engine.expand(shop, phaseRun());
  expect(await ask(database, folderOf(scripts), 'validate', 'migrate')).toEqual({ info: [], invalid: [], migrated: 0 });
});

withFlyway.each(['sluice', 'Flyway'])('agrees on a baseline that %s has written', async (writer) => {
  const database = await scratchDatabase();
  await createCustomers(database, 10);
  const scripts = {
    'expand/V2__a.sql': 'alter table customers add column a int;',
    'expand/U2__a.sql': 'alter table customers drop column a;',
  };
  const old = { 'expand/V1__old.sql': 'create table customers ();' };
  const folder = folderOf({ ...old, ...scripts });
  const before = { of: 'sql', version: '1', url: database.url, lockTimeoutMs: 200, lockPatienceMs: 10_000 } as const;
  if (writer === 'sluice') await standalone.baseline(before, run);
  else await ask(database, folder, 'baseline');
  await engine.expand(migration(database, scripts), phaseRun());
  const { error, info, invalid, migrated } = await ask(database, folder, 'validate', 'migrate', 'info');
  expect({ error, invalid, migrated }).toEqual({ error: undefined, invalid: [], migrated: 0 });
  expect(info.map(({ version, type, state }) => [version, type, state])).toEqual([
    ['1', 'SQL', 'Ignored (Baseline)'],
    ['1', 'BASELINE', 'Baseline'],
    ['2', 'SQL', 'Success'],
  ]);
});

withFlyway.each(['sluice', 'Flyway'])('agrees on a history that %s has repaired', async (repairer) => {
  const database = await scratchDatabase();
  const scripts = { 'expand/V1__a.sql': 'create table a (id int);', 'expand/U1__a.sql': 'drop table a;' };
  await engine.expand(migration(database, scripts), phaseRun());
  const changed = { ...scripts, 'expand/V1__a.sql': 'create table a (id int); -- for all' };
  // Up to version 9 it recorded a file that failed outside of a transaction.
  await database.sql(`insert into flyway_schema_history
    values (2, '2', 'b', 'SQL', 'expand/V2__b.sql', 7, 'postgres', now(), 1, false)`);

  const folder = folderOf(changed);
  if (repairer === 'sluice') {
    const order: SchemaOrder = { url: database.url, files: files(changed), lockTimeoutMs: 200, lockPatienceMs: 10_000 };
    await standalone.repair(order, await standalone.repairs(order), run);
  } else {
    expect((await ask(database, folder, 'repair')).error).toBe(undefined);
  }
  expect(await ask(database, folder, 'validate', 'migrate')).toEqual({ info: [], invalid: [], migrated: 0 });
  expect(await engine.plan(migration(database, changed))).toMatchObject({ refusals: [], pending: { expand: [] } });
});

function ask({ url }: Scratch, folder: string, ...commands: string[]) {
  return flyway({ jars, url, folder }, ...commands);
}

withFlyway('runs the same text as Flyway of files with placeholders, configurations and callbacks', async () => {
  const own = '${flyway:defaultSchema} ${flyway:user} ${flyway:database} ${flyway:table} ${flyway:filename}';
  const scripts = {
    'flyway.conf': '# values\nflyway.placeholders.who = Käse & Co \nflyway.placeholders.empty=\n',
    'expand/V1__said.sql': 'create table said (n int generated always as identity, what text);',
    'expand/U1__said.sql': 'drop table said;',
    'expand/V2__own.sql': `-- \${who}\ninsert into said (what) values ('${own}'), ('\${who}\${empty}\${who}');`,
    'expand/U2__own.sql': 'delete from said;',
    'expand/V3__left.sql': `insert into said (what) values ('\${who} \${nobody}');`,
    'expand/V3__left.sql.conf': 'placeholderReplacement=false\nexecuteInTransaction=true\nencoding=UTF-8',
    'expand/U3__left.sql': 'delete from said;',
    'expand/beforeEachMigrate.sql': `do $$ begin if to_regclass('said') is not null then insert into said (what) values ('before each for \${who}'); end if; end $$;`,
    'expand/afterEachMigrate__x.sql': `insert into said (what) values ('after each');`,
    'expand/afterMigrate__b.sql': `insert into said (what) values ('after b');`,
    'expand/afterMigrate__a.sql': `insert into said (what) values ('after a');`,
    'expand/afterMigrate.sql': `insert into said (what) values ('after \${flyway:filename}');`,
  };
  const folder = folderOf(scripts);
  const [theirs, ours] = [await scratchDatabase(), await scratchDatabase()];
  const configured = [`-configFiles=${folder}/flyway.conf`];
  expect((await flyway({ jars, url: theirs.url, folder, options: configured }, 'migrate')).error).toBe(undefined);
  const { files, problems } = await readMigrationFolder(folder);
  expect(problems).toEqual([]);
  await engine.expand({ ...migration(ours, {}), files }, phaseRun());

  const said = ({ sql, url }: Scratch) =>
    sql<{ what: string }>('select what from said order by n').then((rows) =>
      rows.map(({ what }) => what.replaceAll(new URL(url).pathname.slice(1), 'database')),
    );
  expect(await said(ours)).toEqual(await said(theirs));
  const checksums = ({ sql }: Scratch) =>
    sql('select version, checksum from flyway_schema_history order by installed_rank');
  expect(await checksums(ours)).toEqual(await checksums(theirs));
  const answer = await flyway({ jars, url: ours.url, folder, options: configured }, 'validate', 'migrate');
  expect(answer).toEqual({ info: [], invalid: [], migrated: 0 });
});

withFlyway('fails on the placeholders on which sluice refuses', async () => {
  const refused = async (sql: string, conf = 'flyway.placeholders.who=x') => {
    const scripts = { 'flyway.conf': conf, 'expand/V1__a.sql': sql, 'expand/U1__a.sql': 'select 1' };
    const folder = folderOf(scripts);
    const database = await scratchDatabase();
    const { error } = await flyway(
      { jars, url: database.url, folder, options: [`-configFiles=${folder}/flyway.conf`] },
      'migrate',
    );
    const { files } = await readMigrationFolder(folder);
    const { refusals } = await engine.plan({ ...migration(database, {}), files });
    return { flyway: error !== undefined, sluice: refusals.length > 0 };
  };
  const both = { flyway: true, sluice: true };
  expect(await refused(`-- \${nobody}\nselect 1;`)).toEqual(both);
  expect(await refused('select 1; -- ${flyway:nothing}')).toEqual(both);
  const neither = { flyway: false, sluice: false };
  expect(
    await refused(
      `select '[[flyway.user]] \${who}';`,
      'flyway.placeholderPrefix=[[\nflyway.placeholderSuffix=]]\nflyway.placeholderSeparator=.',
    ),
  ).toEqual(neither);
  expect(await refused('select 1; -- ${WHO} ${flyway:DEFAULTSCHEMA}')).toEqual(neither);
});
