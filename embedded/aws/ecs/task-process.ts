import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const keptLines = 200;

/** The process a task is. */
export interface TaskProcess {
  readonly pid: number | undefined;
  /** Resolves when the process has ended, also when it could not be started. */
  readonly ended: Promise<{ exitCode: number; error?: string }>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** The last 200 lines of stdout and of stderr, each with the name of its stream. */
  log(): { stream: 'stdout' | 'stderr'; line: string }[];
}

export interface TaskProcessOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
}

/** Passed on from the simulator's own environment; a container would bring these itself. */
const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ'] as const;

export function startTaskProcess({ command, environment, workingDirectory }: TaskProcessOptions): TaskProcess {
  const [program = '', ...args] = command;
  const base = inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  // The leash: the pipe closes when the simulator dies, however it dies.
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(base), ...environment, EXIT_WHEN_STDIN_CLOSES: '1' },
    ...(workingDirectory === undefined ? {} : { cwd: workingDirectory }),
  });
  const lines = { stdout: [] as string[], stderr: [] as string[] };
  keepLines(child.stdout, lines.stdout);
  keepLines(child.stderr, lines.stderr);
  child.stdin.on('error', () => {});
  const ended = new Promise<{ exitCode: number; error?: string }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: 127, error: error.message }));
    child.once('exit', (code, signal) => resolve({ exitCode: code ?? signalExitCode(signal) }));
  });
  return {
    pid: child.pid,
    ended,
    signal: (signal) => void child.kill(signal),
    log: () => [
      ...lines.stdout.map((line) => ({ stream: 'stdout' as const, line })),
      ...lines.stderr.map((line) => ({ stream: 'stderr' as const, line })),
    ],
  };
}

function keepLines(stream: Readable, lines: string[]): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
  });
}

function signalExitCode(signal: NodeJS.Signals | null): number {
  switch (signal) {
    case 'SIGKILL':
      return 137;
    case 'SIGTERM':
      return 143;
    case 'SIGINT':
      return 130;
    default:
      return 1;
  }
}
