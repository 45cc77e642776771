import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresHome } from './postgres-home.js';

export interface PostgresProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Launch {
  readonly home: PostgresHome;
  readonly port: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: ((line: string) => void) | undefined;
}

/** Runs the server on a leash and resolves when it accepts connections; throws with its last words otherwise. */
export async function runPostgres(launch: Launch): Promise<PostgresProcess> {
  if (launch.port !== undefined) return await runOn(launch.port, launch);
  try {
    return await runOn(await freePort(), launch);
  } catch (error) {
    // Somebody else may take the free port before the server does; twice in a row is no accident.
    if (!(error instanceof Error && error.message.includes('could not bind'))) throw error;
    return await runOn(await freePort(), launch);
  }
}

/**
 * Stops the server that serves `dataDir`, whoever started it, by the process id it left there. True when there was one,
 * and its process has ended. Throws when it is still there after 15 seconds.
 */
export async function stopStalePostgres(dataDir: string): Promise<boolean> {
  const server = servingIn(dataDir);
  if (server === undefined) return false;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalServer(server.pid, signal);
    for (let waited = 0; waited < 7_500; waited += 50) {
      // Of the process and not of the pid file, which the server takes away before it ends.
      if (hasEnded(server)) return true;
      await sleep(50);
    }
  }
  throw new Error(
    `the Postgres server ${server.pid} on ${dataDir} was told to stop and is still there. End it by hand.`,
  );
}

/**
 * A shell stands between us and the server: the server knows no leash, and the shell sends it a fast shutdown as soon
 * as our end of its stdin closes. In its own session, so that Ctrl-C reaches us and never the server before us.
 */
const leash = '"$@" </dev/null >&2 & pid=$!; echo $pid; exec 2>/dev/null; cat >/dev/null; kill -INT $pid; wait $pid';

type Leashed = ChildProcessByStdio<Writable, Readable, Readable>;

async function runOn(port: number, launch: Launch): Promise<PostgresProcess> {
  const command = [...launch.home.command('postgres'), ...flags(launch, port)];
  const child = spawn('/bin/sh', ['-c', leash, 'postgres', ...command], {
    ...launch.home.identity,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // The server's processes hold stderr, and its shell does not: closed means that none of them is left.
  const silent = new Promise<void>((resolve) => child.stderr.once('close', resolve));
  const left = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const gone = silent.then(() => {
    child.stdin.end();
    return left;
  });
  const stop = () => stopLeashed(child, launch.home.dataDir, gone);
  try {
    return { port, pid: await ready(child, launch.log), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function flags({ home, settings }: Launch, port: number): string[] {
  const values = Object.entries({ ...settings, port: String(port) });
  return ['-D', home.dataDir, ...values.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string')
    throw new Error('expected a free TCP port, the system gave none');
  return address.port;
}

function ready(child: Leashed, log: Launch['log']): Promise<number> {
  const lastWords: string[] = [];
  const accepting = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.stderr.once('close', () => reject(new Error(`Postgres did not start:\n${lastWords.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      log?.(line);
      // A standby accepts read-only ones.
      if (/ready to accept (read.only )?connections/.test(line)) resolve();
      if (lastWords.push(line) > 20) lastWords.shift();
    });
  });
  const pid = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
  });
  return accepting.then(() => pid);
}

async function stopLeashed(child: Leashed, dataDir: string, gone: Promise<void>): Promise<void> {
  child.stdin.end();
  const inGoodOrder = await Promise.race([gone.then(() => true), sleep(10_000, false, { ref: false })]);
  if (!inGoodOrder) await stopStalePostgres(dataDir);
  await gone;
}

interface Server {
  readonly pid: number;
  /** As it stands in the server's command line. */
  readonly dataDir: string;
}

// A pid file outlives a crash and its number may belong to somebody else by now, so the command line has to agree.
function servingIn(dataDir: string): Server | undefined {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const [pid = '', servedDir = ''] = readFileSync(pidFile, 'utf8').split('\n');
  if (!/^\d+$/.test(pid)) return undefined;
  const server = { pid: Number(pid), dataDir: servedDir };
  return isOf(server, commandOf(server.pid)) ? server : undefined;
}

/** One that is ending has no command line any more while it still holds its files. */
function hasEnded(server: Server): boolean {
  const command = commandOf(server.pid);
  if (command !== '') return !isOf(server, command);
  const stat = readIfThere(`/proc/${server.pid}/stat`);
  return stat === undefined || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

function isOf({ dataDir }: Server, command: string): boolean {
  return command.includes('postgres') && command.includes(dataDir);
}

/** Empty when the process is gone, and when it is only a zombie. */
function commandOf(pid: number): string {
  if (existsSync('/proc/self')) return readIfThere(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
  return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A process may go at any moment.
    return undefined;
  }
}

function signalServer(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone between the look and the signal: what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
