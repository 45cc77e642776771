import { type ChildProcess, execFileSync, spawn } from 'node:child_process';

/** A program that believes a person sits before it: its input and output are a terminal. */
export interface Terminal {
  /** Types, without a return at the end of the line. */
  type(text: string): void;
  /** Resolves as soon as the pattern is part of what was shown since the last call; rejects when it ends without. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<string>;
  close(): void;
}

/** Absent where there is no `script` of util-linux: other systems have one with other arguments. */
export function hasTerminals(): boolean {
  return process.platform === 'linux' && commandExists('script');
}

export function commandExists(command: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a line of shell in a terminal of its own, with nothing but `env` and the way to programs. */
export function openTerminal(line: string, options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Terminal {
  const child: ChildProcess = spawn('script', ['-qfec', line, '/dev/null'], {
    cwd: options.cwd ?? '/',
    env: { PATH: process.env.PATH, TERM: 'xterm', LANG: 'C.UTF-8', ...options.env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let shown = '';
  let from = 0;
  const listeners = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    for (const listen of listeners) listen();
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(shown));
  });
  return {
    type: (text) => void child.stdin?.write(text),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(shown.slice(from));
          if (match === null) return;
          from += match.index + match[0].length;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without showing ${pattern}: ${JSON.stringify(shown)}`)));
      }),
    ended,
    close: () => void child.kill('SIGKILL'),
  };
}
