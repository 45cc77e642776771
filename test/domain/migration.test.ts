import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareMigrationVersions, migrationsOf, parseMigrationName } from '../../domain/migration.js';

it('reads names as Flyway does', () => {
  expect(parseMigrationName('V2.1__customer_names.sql')).toEqual({
    kind: 'versioned',
    version: '2.1',
    description: 'customer names',
  });
  expect(parseMigrationName('U2_1__customer_names.sql')).toEqual({
    kind: 'undo',
    version: '2.1',
    description: 'customer names',
  });
});

it.each(['V2.1_names.sql', 'v2__names.sql', 'V__names.sql', 'V2__names.sql.bak', 'R__view.sql', 'V2..1__x.sql'])(
  'does not take %s for a migration',
  (name) => {
    expect(parseMigrationName(name)).toBeUndefined();
  },
);

it('orders versions by number, not by letter', () => {
  const versions = ['2.10', '10', '2.9', '2'];
  expect(versions.sort(compareMigrationVersions)).toEqual(['2', '2.9', '2.10', '10']);
  expect(compareMigrationVersions('2', '2.0')).toBe(0);
});

it('orders versions the same from both sides', () => {
  const version = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(
      version,
      version,
      (a, b) =>
        Math.sign(compareMigrationVersions(a, b)) === -Math.sign(compareMigrationVersions(b, a)) ||
        compareMigrationVersions(a, b) === 0,
    ),
  );
});

it('picks the files of one phase in version order', () => {
  const file = (name: string) => ({ phase: 'expand' as const, name, sql: '' });
  const files = [
    file('V2.10__b.sql'),
    file('V2.9__a.sql'),
    file('U2.9__a.sql'),
    { ...file('V3__c.sql'), phase: 'contract' as const },
  ];
  expect(migrationsOf(files, 'expand', 'versioned').map(({ version }) => version)).toEqual(['2.9', '2.10']);
});
