import { execFile } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { startChild, type Exit } from '../child.js';
import { cachedBinary, cliVersion, type Found, reasonAgainst, serverModule } from './binary.js';
import { withBuildLock } from './build-lock.js';

type Log = (line: string) => void;

/** Builds the pinned server with Go into the cache: 3 to 7 minutes on two cores the first time. One process builds, others wait. */
export async function buildServer(log: Log): Promise<Found> {
  const file = cachedBinary();
  return withBuildLock({ file: `${file}.lock`, log }, async () => {
    if ((await reasonAgainst(file)) === undefined) return { file };
    if (!(await hasGo())) return { missing: 'there is no Go on PATH to build it with' };
    return build(file, log);
  });
}

async function build(file: string, log: Log): Promise<Found> {
  log(`building the Temporal server ${cliVersion} with Go: once for this user, 3 to 7 minutes on two cores`);
  const half = `${file}.half`;
  const stderr: string[] = [];
  const progress = showProgress(log);
  try {
    const { code } = await runGo(['build', '-v', '-trimpath', '-ldflags=-s -w', '-o', half, serverPackage], (line) => {
      progress.line(line);
      stderr.push(line);
    });
    if (code !== 0) return { missing: `the build with Go failed:\n${stderr.slice(-15).join('\n')}` };
    const reason = await reasonAgainst(half);
    if (reason !== undefined) return { missing: `the build is of no use: ${reason}` };
    renameSync(half, file);
    log(`built ${file}`);
    return { file };
  } finally {
    progress.end();
    rmSync(half, { force: true });
  }
}

function hasGo(): Promise<boolean> {
  return promisify(execFile)('go', ['version']).then(
    () => true,
    () => false,
  );
}

const serverPackage = 'github.com/temporalio/cli/cmd/temporal';

async function runGo(args: string[], log: Log): Promise<Exit> {
  // -mod=readonly: what go.sum does not vouch for is refused.
  const env = { GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  const child = await startChild({ name: 'build', command: 'go', args, cwd: serverModule, env, log, foreign: true });
  return child.exited;
}

const progressEveryMs = 10_000;

function showProgress(log: Log): { line: Log; end: () => void } {
  const since = Date.now();
  let downloads = 0;
  let packages = 0;
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - since) / 1000);
    log(`  ${seconds} s: ${downloads} modules downloaded, ${packages} packages compiled`);
  }, progressEveryMs);
  return {
    line: (line) => (line.startsWith('go: downloading ') ? downloads++ : packages++),
    end: () => clearInterval(timer),
  };
}
