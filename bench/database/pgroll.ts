import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from '../../embedded/cache.js';
import { packageRoot } from '../../embedded/package-root.js';

const run = promisify(execFile);

/** The Go module that pins it. */
const module = path.join(packageRoot, 'tools', 'pgroll');

/** The peer, as its authors release it: built once for this user, or the reason why it is not there. */
export async function findOrBuildPgroll(
  say: (line: string) => void,
): Promise<{ readonly file: string; readonly version: string } | { readonly missing: string }> {
  const version = /xataio\/pgroll v(\S+)/.exec(readFileSync(path.join(module, 'go.mod'), 'utf8'))?.[1] ?? '';
  const file = cachePath('pgroll', version, 'pgroll');
  if (existsSync(file)) return { file, version };
  const half = `${file}.${process.pid}`;
  try {
    await run('go', ['version']);
    say(`building pgroll ${version} with Go: once for this user, about a minute`);
    mkdirSync(path.dirname(file), { recursive: true });
    // -mod=readonly: what go.sum does not vouch for is refused.
    const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
    await run('go', ['build', '-trimpath', '-o', half, 'github.com/xataio/pgroll'], { cwd: module, env });
    renameSync(half, file);
    return { file, version };
  } catch (error) {
    const words = (error as Error).message.trim().split('\n').at(-1);
    return { missing: `pgroll ${version} could not be built with Go and a C compiler: ${words}` };
  }
}

/** Milliseconds of `pgroll start`: it expands and fills. */
export async function pgrollStart(file: string, url: string, migration: string): Promise<number> {
  const pgroll = (...args: string[]) => run(file, ['--postgres-url', `${url}?sslmode=disable`, ...args]);
  await pgroll('init');
  // A schema that was there before is taken over as its first version.
  await pgroll('baseline', '00_before', path.dirname(migration), '--yes', '--json');
  const start = performance.now();
  await pgroll('start', migration);
  return performance.now() - start;
}
