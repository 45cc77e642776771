import { expect, it } from 'vitest';
import { replacePlaceholders, unknownFacts } from '../../domain/flyway/placeholders.js';
import { readyFiles } from '../../domain/flyway/ready-files.js';
import { defaultSettings, readScriptConfig, readSettings } from '../../domain/flyway/settings.js';
import type { MigrationFile, MigrationPhase } from '../../domain/migration.js';

const own = { ...unknownFacts, filename: 'V1__a.sql' };

it('replaces placeholders everywhere, once, and says which have no value', () => {
  const settings = { ...defaultSettings, placeholders: { a: '${b}', b: '', 'with space': '$1' } };
  const replaced = replacePlaceholders(
    `-- \${a}\n'\${with space}' "\${B}" \${flyway:defaultSchema} \${flyway:filename} $\${a} \${c}\${flyway:timestamp} \${`,
    settings,
    own,
  );
  expect(replaced.text).toBe(`-- \${b}\n'$1' "" public V1__a.sql $\${b} \${c}\${flyway:timestamp} \${`);
  expect(replaced.problems.map(({ at, message }) => [at, message.split(',')[0]])).toEqual([
    [80, 'expected flyway.placeholders.c in flyway.conf'],
    [84, 'flyway:timestamp: it is another one with each attempt'],
    [104, 'expected } after ${'],
  ]);
  const other = { ...settings, prefix: '[[', suffix: ']]', separator: '.' };
  expect(replacePlaceholders('[[flyway.user]] ${b} [[b]]', other, own)).toEqual({
    text: 'postgres ${b} ',
    problems: [],
  });
});

it('reads flyway.conf and the configuration of a script line by line, and refuses what would not be heeded', () => {
  const { settings, problems } = readSettings(
    `# all\r\nflyway.placeholders.a.b = x = y \n\nflyway.placeholderPrefix=[[\nflyway.url=jdbc\nnonsense\nflyway.encoding=latin1\n` +
      `flyway.placeholderReplacement=no\nflyway.placeholderSuffix=\nflyway.executeInTransaction=true\nflyway.placeholders.home=\${HOME}`,
  );
  expect(settings).toEqual({ ...defaultSettings, prefix: '[[', placeholders: { 'a.b': 'x = y' } });
  expect(problems.map(({ line, message }) => `${line} ${message.split(/[:,]/, 2).join(':')}`)).toEqual([
    '5 flyway.url: expected a setting of placeholders',
    '6 expected key=value',
    '7 flyway.encoding: expected UTF-8',
    '8 flyway.placeholderReplacement: expected true or false',
    '9 flyway.placeholderSuffix: expected a text',
    '11 flyway.placeholders.home: expected the value itself',
  ]);
  const script = readScriptConfig('placeholderReplacement=false\nexecuteInTransaction=false\nshouldExecute=true\nx=y');
  expect(script.settings).toEqual({ placeholderReplacement: false });
  expect(script.problems.map(({ line, message }) => [line, message.split(/[:,]/, 1)[0]])).toEqual([
    [2, 'executeInTransaction'],
    [3, 'shouldExecute'],
    [4, 'x'],
  ]);
});

it('leaves a script alone whose configuration says so, and keeps what stood on disk of the others', () => {
  const conf = file('expand', 'flyway.conf', 'flyway.placeholders.a=1');
  const plain = file('expand', 'V1__a.sql', 'select ${a}');
  const left = file('expand', 'V2__b.sql', 'select ${a}');
  const config = file('expand', 'V2__b.sql.conf', 'placeholderReplacement=false');
  const { files, problems } = readyFiles([conf, plain, left, config], unknownFacts);
  expect(files).toEqual([conf, { ...plain, sql: 'select 1', source: 'select ${a}' }, left, config]);
  expect(problems).toEqual([]);
});

it.each<[MigrationPhase, string, string]>([
  ['expand', 'V9__c.sql.conf', 'expected V9__c.sql beside it, found none'],
  ['expand', 'R__view.sql', 'repeatable files have no phase'],
  ['expand', 'B1__base.sql', 'expected a name such as V2.1__add_names.sql'],
  ['expand', 'afterMigrateError.sql', 'found afterMigrateError: what fails for want of a lock is tried again'],
  ['expand', 'beforeEachUndo__x.sql', 'found beforeEachUndo: going back is the U files alone'],
  ['expand', 'afterMigrateApplied.sql', 'found afterMigrateApplied: after a crash nobody can tell'],
  ['expand', 'beforeEachMigrateStatement.sql', 'found beforeEachMigrateStatement: use beforeEachMigrate'],
  ['expand', 'afterVersioned.sql', 'found afterVersioned: use afterEachMigrate'],
  ['expand', 'beforeConnect.sql', 'found beforeConnect: sluice has no such moment in a phase'],
  ['expand', 'createSchema.sql', 'found createSchema: sluice has no such moment in a phase'],
  ['backfill', 'beforeMigrate.sql', 'a backfill is many transactions'],
  ['contract', 'afterMigrate.sql', 'expected files beside it in contract/ for which it is called, found none'],
])('refuses %s/%s with the reason', (phase, name, reason) => {
  const files = [file('expand', 'V1__a.sql'), file('backfill', 'V2__b.sql'), file(phase, name, '')];
  expect(readyFiles(files, unknownFacts).problems).toEqual([
    { file: files[2], message: expect.stringContaining(reason) as string },
  ]);
});

function file(phase: MigrationPhase, name: string, sql = 'select 1'): MigrationFile {
  return { phase, name, sql };
}
