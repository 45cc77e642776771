import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from '../cache.js';
import { packageRoot } from '../package-root.js';

/** The Go module that pins the server. */
export const serverModule = path.join(packageRoot, 'tools', 'temporal-server');

/** Version of the Temporal CLI, which carries the server: `1.8.2`. Pinned in the go.mod of `serverModule`. */
export const cliVersion = pinnedVersion();

export const fileName = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

export const cachedBinary = (): string => cachePath('temporal', cliVersion, fileName);

/** Where a binary was found, or why there is none. */
export type Found = { readonly file: string } | { readonly missing: string };

// The first server on which update-with-start is switched on by default.
const oldestServer = { major: 1, minor: 28 };

/** Runs `<file> --version`; says in a sentence why the file will not do, or `undefined` when it will. */
export async function reasonAgainst(file: string): Promise<string | undefined> {
  const version = await promisify(execFile)(file, ['--version'], { timeout: 20_000 }).then(
    ({ stdout }) => stdout.trim(),
    (error: Error) => error,
  );
  if (version instanceof Error) return `${file} --version failed: ${version.message.trim()}`;
  const [, major, minor] = /\(Server (\d+)\.(\d+)/i.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return `${file} --version told no server version: ${version}`;
  const newEnough = major > oldestServer.major || (major === oldestServer.major && minor >= oldestServer.minor);
  if (newEnough) return undefined;
  return `${file} carries server ${major}.${minor}; ${oldestServer.major}.${oldestServer.minor} or later is needed`;
}

function pinnedVersion(): string {
  const module = path.join(serverModule, 'go.mod');
  const version = /^\s*(?:require )?github\.com\/temporalio\/cli v(\S+)/m.exec(readFileSync(module, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`Expected a line "github.com/temporalio/cli v<version>" in ${module}.`);
  return version;
}
