import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { collectOutput, type ChildOutput, type Log } from './child-output.js';
import { packageRoot } from './package-root.js';

export interface ChildOptions {
  /** How messages call it, e.g. `worker`. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Laid over this process's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Where each line of stdout and stderr goes: a file, appended to, or a callback. */
  readonly log?: Log;
  /** True for a program that does not watch its stdin (not one of ours): a keeper process holds its leash. */
  readonly foreign?: boolean;
  /** Default 30,000. */
  readonly readyTimeoutMs?: number;
}

export interface Readiness<T> {
  /** Given each line of stdout; its first value is what the child is ready with. `undefined` or a SyntaxError mean: not yet. */
  readonly ready: (line: string) => T | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child<T = undefined> {
  readonly name: string;
  /** Of the program itself, not of its keeper. */
  readonly pid: number;
  readonly ready: T;
  /** Resolves when it has ended and its output is written; never rejects. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, then SIGKILL after `graceMs` (default 10,000). May be called again, and after its end. */
  stop(options?: { graceMs?: number }): Promise<Exit>;
  /** SIGKILL. */
  kill(): Promise<Exit>;
}

/**
 * Starts a program on a leash: it ends when this process ends, however that happens. Resolves when it is ready, or
 * once it runs when there is no `ready`; rejects with the last of its output when it ended or stayed silent instead.
 */
export async function startChild<T>(options: ChildOptions & Readiness<T>): Promise<Child<T>>;
export async function startChild(options: ChildOptions): Promise<Child>;
export async function startChild<T>(options: ChildOptions & Partial<Readiness<T>>): Promise<Child<T | undefined>> {
  const child = spawnLeashed(options);
  const output = collectOutput(child, options.log);
  const exited = endOf(child, output);

  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child);
    return exited;
  };
  let stopping: Promise<Exit> | undefined;
  const stop = ({ graceMs = 10_000 } = {}) => {
    if (!stopping) child.kill('SIGTERM');
    const overdue = setTimeout(() => void kill(), graceMs);
    return (stopping = exited.finally(() => clearTimeout(overdue)));
  };

  try {
    const [pid, ready] = await untilReady(child, { ...options, output, exited });
    return { name: options.name, pid, ready, exited, stop, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}

function spawnLeashed({ command, args = [], env, cwd, foreign }: ChildOptions): ChildProcess {
  const keeper = path.join(packageRoot, 'dist', 'embedded', 'keeper.js');
  const [file, argv] = foreign ? [process.execPath, [keeper, command, ...args]] : [command, [...args]];
  const child = spawn(file, argv, {
    cwd,
    env: { ...process.env, ...env, EXIT_WHEN_STDIN_CLOSES: '1' },
    stdio: foreign ? ['pipe', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C in a terminal reaches only us, and we stop the children in the right order.
    detached: process.platform !== 'win32',
  });
  child.stdin?.on('error', () => {});
  // A keeper that died alone left its program behind.
  if (foreign) child.once('exit', () => killGroup(child));
  return child;
}

/** A child that ended by itself before it was ready. */
export class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';
}

interface Start<T> extends ChildOptions, Partial<Readiness<T>> {
  readonly output: ChildOutput;
  readonly exited: Promise<Exit>;
}

async function untilReady<T>(child: ChildProcess, start: Start<T>): Promise<[pid: number, ready: T | undefined]> {
  const { name, command, ready, output, readyTimeoutMs = 30_000 } = start;
  let overdue: NodeJS.Timeout | undefined;
  const refused = new Promise<never>((_, reject) => {
    const refuse = (reason: string, Reason: new (message: string) => Error = Error) =>
      reject(new Reason(`The ${name} ${reason}. The last of its output:\n${output.tail()}`));
    child.once('error', (error) => refuse(`could not be started (${command}): ${error.message}`));
    void start.exited.then((exit) => refuse(`ended before it was ready (${exitText(exit)})`, EndedEarlyError));
    overdue = setTimeout(() => refuse(`was not ready after ${readyTimeoutMs} ms`), readyTimeoutMs);
  });
  refused.catch(() => {});
  const found = Promise.all([pidOf(child, start), ready && output.firstValue(ready)]);
  return Promise.race([found, refused]).finally(() => clearTimeout(overdue));
}

function pidOf(child: ChildProcess, { foreign }: ChildOptions): Promise<number> {
  return foreign
    ? new Promise((resolve) => child.once('message', (kept) => resolve((kept as { pid: number }).pid)))
    : new Promise((resolve) => child.once('spawn', () => resolve(child.pid as number)));
}

function endOf(child: ChildProcess, output: ChildOutput): Promise<Exit> {
  const ended = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    // A grandchild may hold the output pipes open after the child is gone; its end must not wait for that.
    child.once('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 1_000).unref());
  });
  return ended.then(async (exit) => {
    await output.close();
    return exit;
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') return void child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

function exitText({ code, signal }: Exit): string {
  return signal ? `killed by ${signal}` : `exit code ${code}`;
}
