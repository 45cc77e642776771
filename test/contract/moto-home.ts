import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const version = '5.2.3';
const installMinutes = 5;
const run = promisify(execFile);

export type MotoHome =
  { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string };

/**
 * A Python with moto, installed once per user in the cache folder. It is made beside its place and moved there when
 * complete, so an installation that was cut short or ran twice at once leaves nothing half done.
 */
export async function findOrInstallMoto(): Promise<MotoHome> {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'sluice');
  const home = path.join(cache, `moto-${version}`);
  try {
    if (!(await answers(pythonIn(home)))) await install(cache, home);
    return { kind: 'ready', python: pythonIn(home) };
  } catch (error) {
    return { kind: 'missing', reason: `moto ${version} could not be installed: ${reasonOf(error)}` };
  }
}

function pythonIn(home: string): string {
  return path.join(home, 'bin', 'python');
}

async function answers(python: string): Promise<boolean> {
  if (!existsSync(python)) return false;
  return run(python, ['-c', 'import moto.server']).then(
    () => true,
    () => false,
  );
}

async function install(cache: string, home: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const building = await mkdtemp(path.join(cache, `moto-${version}-building-`));
  try {
    say(`installing moto ${version} into ${home}; it takes about half a minute, once`);
    await run('python3', ['-m', 'venv', building]);
    await run(pythonIn(building), ['-m', 'pip', 'install', '--quiet', `moto[server]==${version}`], {
      timeout: installMinutes * 60_000,
    });
    await rm(home, { recursive: true, force: true });
    await rename(building, home);
    say(`moto ${version} is installed`);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'there is no python3 on the PATH';
  const output = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n').at(-1) : '';
  return output === undefined || output === '' ? error.message : output;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
