import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json: the same from source and from dist/. */
export const packageRoot = ownerOf(path.dirname(fileURLToPath(import.meta.url)));

function ownerOf(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('No package.json above this file: sluice must run from its own package.');
  return ownerOf(parent);
}
