import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { cachePath } from '../../embedded/cache.js';
import { startChild } from '../../embedded/child.js';
import { freePort } from '../../embedded/free-port.js';

/** The program with its libraries, or why there is none. */
export type PgBouncer = { readonly home: string } | { readonly missing: string };

/** Debian's package, fetched once for this user. It is not installed. */
export function findPgBouncer(): PgBouncer {
  const home = cachePath('pgbouncer');
  if (existsSync(home)) return { home };
  mkdirSync(path.dirname(home), { recursive: true });
  const half = mkdtempSync(`${home}.half-`);
  try {
    const run = (file: string, args: readonly string[]) => execFileSync(file, args, { cwd: half, stdio: 'pipe' });
    run('apt-get', ['download', 'pgbouncer', 'libc-ares2', 'libevent-2.1-7']);
    for (const name of readdirSync(half)) run('dpkg', ['-x', name, '.']);
    renameSync(half, home);
    return { home };
  } catch (error) {
    return { missing: `pgbouncer could not be fetched: ${(error as Error).message.split('\n')[0]}` };
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

/** A pooler before the server of `url` for one test; gives the way through it. */
export async function poolerTo(
  url: string,
  { home, mode }: { readonly home: string; readonly mode: string },
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), `sluice-test-${process.pid}-pgbouncer-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // As root it does not run, and nobody else looks into root's home.
  chmodSync(folder, 0o755);
  cpSync(path.join(home, 'usr'), path.join(folder, 'usr'), { recursive: true, verbatimSymlinks: true });
  const port = await freePort();
  const { hostname, port: serverPort, username, password } = new URL(url);
  const settings = path.join(folder, 'pgbouncer.ini');
  writeFileSync(
    settings,
    `[databases]
* = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
`,
    { mode: 0o600 },
  );
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(settings, nobody, nobody);
  const program = [path.join(folder, 'usr', 'sbin', 'pgbouncer'), settings];
  const [command = '', ...args] = isRoot
    ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...program]
    : program;
  const libraries = path.join(folder, 'usr', 'lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  const pooler = await startChild({
    name: 'pgbouncer',
    command,
    args,
    env: { LD_LIBRARY_PATH: libraries },
    foreign: true,
    log: () => {},
  });
  onTestFinished(async () => void (await pooler.stop()));
  await expect.poll(() => listens(port)).toBe(true);
  const through = new URL(url);
  through.port = String(port);
  return through.href;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const nobody = 65_534;
