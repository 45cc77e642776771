import { createHash } from 'node:crypto';
import type { MigrationFile, OperationFile } from '../../domain/migration.js';

/**
 * sha256 in hex of what a release consists of. The order of keys and of migration files does not count, everything
 * else does. For documents that `parseManifest` has accepted: anything JSON can say, nested a few levels deep.
 */
export function manifestHash(content: {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
}): string {
  const migrations = content.migrations
    .map(({ phase, name, sql }) => ({ phase, name, sql }))
    .sort((a, b) => compare(`${a.phase}/${a.name}`, `${b.phase}/${b.name}`));
  const named = (content.operations ?? [])
    .map(({ name, text }) => ({ name, text }))
    .sort((a, b) => compare(a.name, b.name));
  const operations = named.length === 0 ? {} : { operations: named };
  return createHash('sha256')
    .update(canonicalJson({ manifest: content.manifest, migrations, ...operations }))
    .digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isMapping(part) ? sortKeys(part) : part));
}

function isMapping(part: unknown): part is Record<string, unknown> {
  return typeof part === 'object' && part !== null && !Array.isArray(part);
}

function sortKeys(mapping: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(mapping).sort(([a], [b]) => compare(a, b)));
}

/** By code unit: the same on every machine, unlike a locale's order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
