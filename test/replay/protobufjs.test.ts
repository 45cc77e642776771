import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

// With a copy of its own in each SDK package, `historyFromJSON` refuses every history: "type must be a Type".
it('has one copy of protobufjs 8 for the whole SDK, at the root', () => {
  const eights = copiesOf('protobufjs', modules).filter(({ version }) => version.startsWith('8.'));
  expect(eights.map(({ folder }) => path.relative(modules, folder))).toEqual(['protobufjs']);
});

interface Copy {
  readonly folder: string;
  readonly version: string;
}

function copiesOf(name: string, folder: string): Copy[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const inner = path.join(folder, entry.name);
      if (entry.name.startsWith('@')) return copiesOf(name, inner);
      const nested = readdirSync(inner).includes('node_modules')
        ? copiesOf(name, path.join(inner, 'node_modules'))
        : [];
      return entry.name === name ? [{ folder: inner, version: versionOf(inner) }, ...nested] : nested;
    });
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
