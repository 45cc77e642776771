import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * The line that tells editors where the schema is; empty where it would be right on this machine only: for a manifest
 * outside of the project that holds sluice, or where sluice came without its schema.
 */
export function schemaLine(manifest: string): string {
  const sluice = path.dirname(createRequire(import.meta.url).resolve('sluice/package.json'));
  const schema = path.join(sluice, 'schema', 'manifest.json');
  const [project = ''] = sluice.split(`${path.sep}node_modules${path.sep}`);
  const folder = path.dirname(path.resolve(manifest));
  const isInside = !path.relative(project, folder).startsWith('..');
  return isInside && existsSync(schema) ? `# yaml-language-server: $schema=${path.relative(folder, schema)}\n` : '';
}
