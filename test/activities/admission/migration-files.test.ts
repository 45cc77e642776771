import { describe, expect, it } from 'vitest';
import type { MigrationFile } from '../../../domain/migration.js';
import { problemsOf, withValue } from './parsed-manifest.js';
import { validManifest } from './valid-manifest.js';

describe('migration files', () => {
  const file = (path: string, sql = 'select 1;'): MigrationFile => {
    const [phase, name] = path.split('/') as [MigrationFile['phase'], string];
    return { phase, name, sql };
  };
  const found = (...paths: string[]) =>
    problemsOf(
      validManifest(),
      paths.map((path) => file(path)),
    ).map(({ path, message }) => `${path.at(-1)}: ${message}`);

  it.each([
    [['expand/names.sql'], 'expand/names.sql: expected a name such as V2.1__add_names.sql'],
    [['retract/V1__x.sql'], 'retract/V1__x.sql: expected a folder named expand, backfill, contract, found "retract"'],
    [['contract/U1__x.sql'], 'contract/U1__x.sql: undo files belong in expand/'],
    [['expand/V1__x.sql'], 'expand/V1__x.sql: cannot be taken back: add expand/U1__x.sql'],
    [['expand/U1__x.sql'], 'expand/U1__x.sql: undoes nothing'],
    [['backfill/V1__a.sql', 'backfill/V1.0__b.sql'], 'backfill/V1__a.sql: has the same version as V1.0__b.sql'],
  ])('are refused: %j', (paths, message) => {
    const problems = found(...paths);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('may use a version once in each phase', () => {
    expect(found('backfill/V1__a.sql', 'contract/V1__a.sql')).toEqual([]);
  });

  it('are refused when empty, or too large to travel in one message', () => {
    expect(problemsOf(validManifest(), [file('backfill/V1__a.sql', ' \n')])).toMatchObject([
      { message: 'expected SQL, found an empty file' },
    ]);
    const large = (sql: string) => problemsOf(validManifest(), [file('backfill/V1__a.sql', sql)]);
    expect(large('-'.repeat(524_288))).toEqual([]);
    expect(large('-'.repeat(524_289))).toMatchObject([{ path: ['database', 'migrations'] }]);
    expect(large('ä'.repeat(262_145))).toMatchObject([{ path: ['database', 'migrations'] }]);
  });

  it('need a database section', () => {
    expect(problemsOf(withValue('database', undefined))).toMatchObject([{ path: ['database'] }]);
  });
});
