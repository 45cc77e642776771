import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { cachedBinary, cliVersion, fileName, type Found, reasonAgainst } from './binary.js';
import { buildServer } from './build.js';
import { downloadServer } from './download.js';

export interface LocateOptions {
  /** Path of a server binary, used as it is. Default: the environment's SLUICE_TEMPORAL_BIN. */
  readonly explicit?: string;
  /** Told what is tried, and how a download or a build gets on. */
  readonly log: (line: string) => void;
}

/**
 * Path of a Temporal server binary: the explicit one, else `temporal` on PATH, else from the user's cache, else
 * downloaded or built into the cache. Throws with what was tried and what to install when nothing works, or when the
 * explicit one does not.
 */
export async function locateTemporal({
  explicit = process.env.SLUICE_TEMPORAL_BIN,
  log,
}: LocateOptions): Promise<string> {
  if (explicit) return fromExplicitPath(explicit);
  const missing: string[] = [];
  for (const source of [fromPath, fromCache, downloadServer, buildServer]) {
    const found = await source(log);
    if ('file' in found) return found.file;
    missing.push(found.missing);
  }
  throw new Error(
    [
      'No Temporal server was found, and none could be fetched or built:',
      ...missing.map((reason) => `  - ${reason}`),
      'Do one of these:',
      '  - install Go 1.21 or later (https://go.dev/dl), and run the command again: the server is built once, in 3 to 7 minutes on two cores',
      '  - install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH',
      '  - set SLUICE_TEMPORAL_BIN to the path of a Temporal CLI',
    ].join('\n'),
  );
}

async function fromExplicitPath(file: string): Promise<string> {
  const reason = await reasonAgainst(file);
  if (reason === undefined) return file;
  throw new Error(`The Temporal server asked for cannot be used: ${reason}. Mend or unset SLUICE_TEMPORAL_BIN.`);
}

async function fromPath(log: LocateOptions['log']): Promise<Found> {
  const folder = (process.env.PATH ?? '')
    .split(path.delimiter)
    .find((each) => each && isExecutable(path.join(each, fileName)));
  if (folder === undefined) return { missing: 'there is no `temporal` on PATH' };
  const file = path.resolve(folder, fileName);
  const reason = await reasonAgainst(file);
  if (reason === undefined) return { file };
  log(`passing over ${reason}`);
  return { missing: reason };
}

async function fromCache(): Promise<Found> {
  const file = cachedBinary();
  mkdirSync(path.dirname(file), { recursive: true });
  if (!existsSync(file)) return { missing: `the cache has no server ${cliVersion} yet (${file})` };
  const reason = await reasonAgainst(file);
  return reason === undefined ? { file } : { missing: reason };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
