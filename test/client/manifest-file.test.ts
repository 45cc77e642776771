import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readManifestFile } from '../../client/manifest-file.js';
import { validManifest, validMigrations } from '../activities/admission/valid-manifest.js';
import { migrationFiles, withManifestFolder } from './manifest-folder.js';

const folder = withManifestFolder();
const { write, refusalOf, problemsIn } = folder;

const manifestYaml = (change: (manifest: ReturnType<typeof validManifest>) => void = () => {}): string => {
  const manifest = validManifest();
  change(manifest);
  return stringify(manifest);
};

describe('a manifest file', () => {
  it('is read with the migrations of its folder, named from where the manifest lies', async () => {
    const file = write({
      'releases/v2.yaml': manifestYaml(),
      ...migrationFiles,
      'migrations/v2/expand/.V3__x.sql.swp': 'an editor is open',
    });
    const { request, migrations, hash } = await readManifestFile(file);
    expect(request.version).toBe('v2');
    expect(migrations).toHaveLength(validMigrations.length);
    expect(request.database?.migrations).toEqual(expect.arrayContaining([...validMigrations]));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has each problem reported at its line and column, all at once', async () => {
    const file = write({
      'v2.yaml': [
        'apiVersion: sluice/v1',
        'kind: Release',
        'environment: production',
        'service: shop',
        'version: 1.10',
        'image: shop:latest',
        'workload:',
        '  cluster: main',
        '  desiredCount: 0',
        '  blue: { service: shop-blue, targetGroupArn: nonsense }',
        '  green:',
        '    servce: shop-green',
        '    targetGroupArn: arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/1',
        '  container:',
        '    name: shop',
        '    port: 8080',
        '    cpu: 256',
        '    memory: 512',
        '    subnets: [subnet-1, 17]',
        '    environment:',
        '      DB_PASSWORD: hunter2',
        'traffic: &rules',
        '  ruleArn: arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/a/b/c/d',
        '  testRuleArn: arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/a/b/c/d',
        'smoke:',
        '  url: https://shop.example',
        '  headers: {}',
        '  paths:',
        '    - health',
        'canary:',
        '  steps:',
        '    - { weight: 5, bake: 90 }',
        '    - weight: 5',
        '      bake: 2m',
        'warmWindow:',
        'extra: *rules',
      ].join('\n'),
    });
    const { problems } = await refusalOf(file);
    expect(problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      '5:10 version',
      '6:8 image',
      '9:17 workload.desiredCount',
      '10:47 workload.blue.targetGroupArn',
      '11:3 workload.green.service',
      '12:5 workload.green.servce',
      '19:25 workload.container.subnets.1',
      '21:20 workload.container.environment.DB_PASSWORD',
      '24:16 traffic.testRuleArn',
      '27:3 smoke.headers',
      '29:7 smoke.paths.0',
      '32:26 canary.steps.0.bake',
      '33:15 canary.steps.1.weight',
      '35:1 warmWindow',
      '36:1 extra',
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('says where a key stands twice', async () => {
    const file = write({ 'v2.yaml': 'kind: Release\nimage: a\nkind: Release\nsmoke:\n  url: a\n  "url": b\n' });
    expect(await problemsIn(file)).toEqual(
      expect.arrayContaining([
        'v2.yaml:3:1  the key "kind" stands in line 1 already',
        'v2.yaml:6:3  the key "url" stands in line 5 already',
      ]),
    );
  });

  it('is told of a key that stands twice and of everything else at once', async () => {
    const yaml = manifestYaml((manifest) => Object.assign(manifest, { image: 'shop:latest', database: undefined }));
    const file = write({ 'v2.yaml': `${yaml}warmWindow: 1 soon\n` });
    expect(await problemsIn(file)).toEqual([
      expect.stringMatching(/^v2\.yaml:\d+:8 image expected an image by digest/),
      expect.stringMatching(/^v2\.yaml:\d+:1 {2}the key "warmWindow" stands in line \d+ already/),
      expect.stringMatching(/^v2\.yaml:\d+:13 warmWindow expected .*found "1 soon"/),
    ]);
  });

  it('has no key that takes memory by its depth', async () => {
    const file = write({ 'deep.yaml': `${'? '.repeat(30)}a` });
    const before = process.memoryUsage().rss;
    expect((await problemsIn(file))[0]).toMatch(/^deep\.yaml:1:3 {2}expected a word as key/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it('may not hold a tag, or broken YAML', async () => {
    expect(await problemsIn(write({ 'tag.yaml': 'kind: !!js/function "x"\n' }))).toContain(
      'tag.yaml:1:7  Unresolved tag: tag:yaml.org,2002:js/function',
    );
    const [broken] = await problemsIn(write({ 'broken.yaml': 'kind: Release\nimage: "open\n' }));
    expect(broken).toMatch(/^broken\.yaml:3:1 /);
  });

  it('may not say that it is of another version of YAML', async () => {
    const [first] = await problemsIn(write({ '2.yaml': '%YAML 1.1\n---\nkind: Release\n' }));
    expect(first).toBe('2.yaml:2:1  expected YAML 1.2, found %YAML 1.1: leave the directive out');
  });

  it('is refused when it is empty or something else than a mapping', async () => {
    expect(await problemsIn(write({ 'empty.yaml': '' }))).toMatchObject([
      expect.stringMatching(/^empty\.yaml:1:1 {2}expected a mapping/),
    ]);
    expect(await problemsIn(write({ 'list.yaml': '- a\n' }))).toMatchObject([
      expect.stringContaining('found a list of 1'),
    ]);
  });

  it.each<[string, string | Uint8Array, string[]]>([
    [
      'a tab',
      'kind: Release\nworkload:\n\tcluster: main\n',
      ['2.yaml:3:1  expected spaces as indentation, found a tab'],
    ],
    [
      'a tab that brings the rest out of step',
      'workload:\n\tcluster: x\n  desired: 2\nb: 3\n',
      ['2.yaml:2:1  expected spaces as indentation, found a tab'],
    ],
    [
      'a merge key',
      'base: &base { a: 1 }\nworkload:\n  <<: *base\n',
      ['2.yaml:3:3  expected a key, found the merge key <<, which is no part of YAML 1.2'],
    ],
    ['a list as key', '? [a, b]\n: c\n', ['2.yaml:1:3  expected a word as key']],
    ['an alias of nothing', 'workload: *base\n', ['2.yaml:1:11  expected an anchor before the alias "*base"']],
    ['an alias of itself', 'workload: &w\n  blue: *w\n', ['2.yaml:2:9  the alias "*w" stands inside of what it names']],
    ['UTF-16', Buffer.from('\ufeffkind: Release\n', 'utf16le'), ['2.yaml:1:1  expected a text in UTF-8, found UTF-16']],
    ['UTF-16 the other way', Buffer.from('\ufeffkind: Release\n', 'utf16le').swap16(), ['found UTF-16']],
    [
      '21 documents',
      'a: 1\n---\n'.repeat(20),
      ['2.yaml:1:1  expected a manifest, found YAML of more than 20 documents'],
    ],
  ])('is refused with its reason: %s', async (_name, content, expected) => {
    const problems = await problemsIn(write({ '2.yaml': content }));
    expect(problems).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  it('may begin with a byte order mark, and is told the columns of an editor', async () => {
    const file = write({ 'releases/v2.yaml': `\ufeff${manifestYaml()}`, ...migrationFiles });
    expect((await readManifestFile(file)).request.version).toBe('v2');
    expect(await problemsIn(write({ 'v3.yaml': '\ufeffkind: Relaese\napiVersion: sluice/v1\n' }))).toContain(
      'v3.yaml:1:7 kind expected Release or ServiceDefaults, found "Relaese"; did you mean "Release"?',
    );
  });

  it('may use an alias, and is told where a problem behind it stands', async () => {
    const { database: _database, canary: _canary, ...rest } = validManifest();
    const steps = ['canary:', '  steps:', '    - &step { weight: 7, bake: 10s }', '    - *step', ''].join('\n');
    const { problems } = await refusalOf(write({ 'v2.yaml': `${steps}${stringify(rest)}` }));
    expect(problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      '3:23 canary.steps.1.weight',
      '3:32 canary.steps.0.bake',
      '3:32 canary.steps.1.bake',
    ]);
  });
});

describe('a hostile file', () => {
  const megabyte = 1024 * 1024;

  /** Alias bombs: each line holds the one before nine times. */
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    .concat([...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(', ')}]`))
    .join('\n');

  /** The second line is 60 lists deep, and so is what it names. */
  const chain = `a: &a ${'['.repeat(60)}${']'.repeat(60)}\nb: ${'['.repeat(60)}*a${']'.repeat(60)}`;

  it.each([
    ['an alias bomb', bomb, 'looks like an attack'],
    ['10 MB of YAML', 'a: b\n'.repeat(2 * megabyte), 'expected at most 1048576 bytes'],
    ['binary data', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), 'found binary data'],
    ['text that is not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'found binary data'],
    ['a megabyte of brackets', '['.repeat(megabyte), 'levels deep'],
    ['a megabyte of closing braces', '}'.repeat(megabyte), 'tokens'],
    [
      'a megabyte of keys',
      Array.from({ length: 90_000 }, (_, i) => `key${i}: 1`)
        .join('\n')
        .slice(0, megabyte),
      'tokens',
    ],
    ['lists in lists', `a: ${'['.repeat(9_000)}${']'.repeat(9_000)}`, 'levels deep'],
    ['mappings in mappings', `a: ${'{b: '.repeat(4_000)}1${'}'.repeat(4_000)}`, 'levels deep'],
    ['block lists in block lists', '- '.repeat(9_000), 'levels deep'],
    ['a staircase of keys', Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'levels deep'],
    ['a megabyte in one key', `${'k'.repeat(megabyte - 10)}: 1`, 'at most 1024 chars'],
    ['a megabyte that begins like a URL', `image: ${'a'.repeat(megabyte - 10)}`, 'expected an image by digest'],
    ['a megabyte that begins like a token', `service: ${'-eyJ'.repeat(megabyte / 4 - 10)}`, 'expected a service'],
    ['a megabyte of openings', `version: ${'${'.repeat(megabyte / 2 - 10)}`, 'there are no defaults'],
    ['a megabyte of colons', `image: a${':a'.repeat(megabyte / 2 - 10)}`, 'found the tag "a"'],
    ['aliases of aliases', chain, 'nested too deep'],
    ['a megabyte in one line', `kind: ${' '.repeat(megabyte - 10)}x`, 'expected Release'],
  ])('is refused in bounded time: %s', async (_name, content, message) => {
    const before = process.cpuUsage();
    const { exit, problems } = await refusalOf(write({ 'hostile.yaml': content }));
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
    expect(exit).toBe('refused');
    expect(problems.map((it) => it.message).join('\n')).toContain(message);
    expect(Math.max(...problems.map((it) => it.message.length))).toBeLessThan(500);
  });
});

describe('a migration folder', () => {
  it('that is not there is a problem of the line that names it', async () => {
    const file = write({ 'releases/v2.yaml': manifestYaml() });
    expect(await problemsIn(file)).toEqual([
      expect.stringMatching(
        /^releases\/v2\.yaml:\d+:15 database\.migrations expected the folder .*, but there is none$/,
      ),
    ]);
  });

  it('holds nothing but the three folders with SQL files in them', async () => {
    const file = write({
      'releases/v2.yaml': manifestYaml(),
      ...migrationFiles,
      'migrations/v2/notes.md': '',
      'migrations/v2/retract/V1__x.sql': 'select 1;',
      'migrations/v2/expand/deeper/V1__x.sql': 'select 1;',
      'migrations/v2/backfill/V9__binary.sql': Buffer.from([0, 1]),
      'migrations/v2/contract/names.sql': 'select 1;',
      'migrations/v2/contract/V8__huge.sql': '-'.repeat(600_000),
    });
    symlinkSync('/etc/passwd', path.join(folder.path, 'migrations/v2/expand/V7__link.sql'));
    const found = await problemsIn(file);
    expect(found.sort()).toEqual([
      'migrations/v2/backfill/V9__binary.sql:1:1  expected a text in UTF-8, found binary data',
      'migrations/v2/contract/V8__huge.sql:1:1  expected at most 524288 bytes of migration files in all, found 600083 with this one',
      'migrations/v2/contract/names.sql:1:1  expected a name such as V2.1__add_names.sql, or U2.1__add_names.sql for its undo, found "names.sql"',
      'migrations/v2/expand/V7__link.sql:1:1  expected an SQL file, found a symbolic link',
      'migrations/v2/expand/deeper:1:1  expected an SQL file, found a folder',
      'migrations/v2/notes.md:1:1  expected nothing but the folders expand, backfill, contract, found the file "notes.md"',
      'migrations/v2/retract:1:1  expected nothing but the folders expand, backfill, contract, found the folder "retract"',
    ]);
  });
});

describe('a folder that is another than was meant', () => {
  it('is told of once it is clear, and not file by file', async () => {
    const strangers = Array.from({ length: 138 }, (_, index) => [`migrations/v2/stranger-${index}`, ''] as const);
    const file = write({ 'releases/v2.yaml': manifestYaml(), ...Object.fromEntries(strangers) });
    const found = await problemsIn(file);
    expect(found).toHaveLength(51);
    expect(found).toContainEqual(expect.stringMatching(/^migrations\/v2:1:1 {2}holds 88 more of what is no migration/));
  });
});

describe('a file that cannot be read', () => {
  it('is a matter of the command line, not of the manifest', async () => {
    expect(await refusalOf(path.join(folder.path, 'none.yaml'))).toMatchObject({ exit: 'usage' });
    expect(await refusalOf(folder.path)).toMatchObject({ exit: 'usage', message: expect.stringContaining('a folder') });
    expect(await refusalOf('/dev/zero')).toMatchObject({ exit: 'usage', message: expect.stringContaining('ordinary') });
    const pipe = path.join(folder.path, 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    expect(await refusalOf(pipe)).toMatchObject({ exit: 'usage', message: expect.stringContaining('this is a pipe') });
  });
});
