import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../../embedded/package-root.js';

export interface CommandOrder {
  readonly verb: 'expand' | 'backfill' | 'verify' | 'contract' | 'rollback';
  readonly dir: string;
  readonly url: string;
  readonly more?: readonly string[];
  /** SIGKILL comes so many milliseconds after the command began to work. */
  readonly killAfter?: number;
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly killed: boolean;
  /** What it said at its end. */
  readonly words: string;
}

const main = path.join(packageRoot, 'dist', 'client', 'main.js');

/** `sluice db <verb>`, in a process of its own. */
export async function runCommand({ verb, dir, url, more = [], killAfter }: CommandOrder): Promise<CommandEnd> {
  const asks = verb === 'verify' ? [] : ['--yes'];
  const args = [main, 'db', verb, '--dir', dir, '--url', url, '--patience', '120', ...asks, ...more];
  const child = spawn(process.execPath, args, {
    // The keyboard's Ctrl-C is for the soak alone: it ends when the phase is over.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let words = '';
  let killed = false;
  const timer = new AbortController();
  const hear = (text: string) => void (words = `${words}${text}`.slice(-2_000));
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  if (killAfter !== undefined) {
    void sleep(killAfter, undefined, { signal: timer.signal }).then(
      () => (killed = kill()),
      () => {},
    );
  }
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
    return { exitCode, killed: killed && exitCode === null, words: words.trim() };
  } finally {
    timer.abort();
    process.off('exit', kill);
  }
}
