import { describe, expect, it } from 'vitest';
import { manifestHash } from '../../../activities/admission/request-schema.js';
import type { MigrationFile } from '../../../domain/migration.js';
import { changed, withValue } from './parsed-manifest.js';
import { validManifest, validMigrations } from './valid-manifest.js';

describe('the manifest hash', () => {
  const base = manifestHash({ manifest: validManifest(), migrations: validMigrations });

  it('is the same whatever the order of keys and files', () => {
    const reversed = Object.fromEntries(Object.entries(validManifest()).reverse());
    expect(manifestHash({ manifest: reversed, migrations: validMigrations.toReversed() })).toBe(base);
    expect(base).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another one when a value, the order of the steps or a statement changes', () => {
    const steps = changed((it) => it.canary.steps.reverse());
    const [first, ...rest] = validMigrations;
    const edited = [{ ...(first as MigrationFile), sql: 'select 2;' }, ...rest];
    const hashes = [
      base,
      manifestHash({ manifest: withValue('version', 'v3'), migrations: validMigrations }),
      manifestHash({ manifest: steps, migrations: validMigrations }),
      manifestHash({ manifest: validManifest(), migrations: edited }),
      manifestHash({ manifest: validManifest(), migrations: rest }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is the sha256 of the canonical JSON', () => {
    expect(manifestHash({ manifest: { b: [1, 'ä'], a: null }, migrations: [] })).toBe(
      'fc1ecabb92e596d7375cf7bb76933d5ed1401771cb97045da4e6da05e542e4b7',
    );
  });
});
