import { parseManifest, type ManifestProblem } from '../../../activities/admission/request-schema.js';
import type { MigrationFile } from '../../../domain/migration.js';
import { validManifest, validMigrations } from './valid-manifest.js';

export type Manifest = ReturnType<typeof validManifest>;

/** What is wrong with it. */
export function problemsOf(
  manifest: unknown,
  migrations: readonly MigrationFile[] = validMigrations,
): readonly ManifestProblem[] {
  const parsed = parseManifest({ manifest, migrations }, []);
  return 'problems' in parsed ? parsed.problems : [];
}

/** What it asks for; throws where something is wrong with it. */
export function requestOf(manifest: unknown, migrations: readonly MigrationFile[] = validMigrations) {
  const parsed = parseManifest({ manifest, migrations }, []);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.request;
}

/** A valid manifest after one change. */
export function changed(change: (manifest: Manifest) => void): Manifest {
  const manifest = validManifest();
  change(manifest);
  return manifest;
}

/** Sets what stands at a dotted path; `undefined` takes the key away. */
export function withValue(path: string, value: unknown): Manifest {
  return changed((manifest) => {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const parent = keys.reduce<Record<string, unknown>>(
      (at, key) => (at[key] ??= {}) as Record<string, unknown>,
      manifest,
    );
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  });
}
