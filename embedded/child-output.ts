import type { ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export type Log = string | ((line: string, from: 'stdout' | 'stderr') => void);

export interface ChildOutput {
  /** The last lines of stdout and stderr. */
  tail(): string;
  /** The first value `read` finds in a line of stdout; lines before the call are not seen. */
  firstValue<T>(read: (line: string) => T | undefined): Promise<T>;
  /** Resolves when the log is written. */
  close(): Promise<void>;
}

const tailLines = 30;

export function collectOutput(child: ChildProcess, log: Log | undefined): ChildOutput {
  const { write, close } = openLog(log);
  const tail: string[] = [];
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    if (!stream) throw new Error('A child whose output is collected needs stdout and stderr as pipes.');
    return createInterface({ input: stream, crlfDelay: Infinity });
  }) as [Interface, Interface];

  for (const [from, lines] of Object.entries({ stdout, stderr }) as ['stdout' | 'stderr', Interface][]) {
    lines.on('line', (line) => {
      write(line, from);
      tail.push(line);
      if (tail.length > tailLines) tail.shift();
    });
  }
  return { tail: () => tail.join('\n'), firstValue: (read) => firstValue(stdout, read), close };
}

function firstValue<T>(lines: Interface, read: (line: string) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    lines.on('line', function look(line) {
      try {
        const value = read(line);
        if (value === undefined) return;
        resolve(value);
      } catch (error) {
        if (error instanceof SyntaxError) return;
        reject(error as Error);
      }
      lines.off('line', look);
    });
  });
}

function openLog(log: Log | undefined): { write: Exclude<Log, string>; close: () => Promise<void> } {
  if (log === undefined) return { write: () => {}, close: () => Promise.resolve() };
  if (typeof log === 'function') return { write: log, close: () => Promise.resolve() };
  mkdirSync(path.dirname(log), { recursive: true });
  const file = createWriteStream(log, { flags: 'a' });
  // A full disk must not end the program that watches over the child.
  file.on('error', () => {});
  return {
    write: (line) => void file.write(`${line}\n`),
    close: () => new Promise((resolve) => file.end(() => resolve())),
  };
}
