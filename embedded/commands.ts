import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from './package-root.js';
import { firstRelease, nextRelease } from './shop/next-release.js';
import { type StackFile, readStackFile } from './stack-file.js';
import type { StackMessage } from './stack-main.js';

// `sluice up` and `sluice down`: the stack without the story. They print for themselves and set the exit code.

export interface CommandOptions {
  readonly json?: boolean;
}

const stateDir = path.resolve('.sluice');

/** `down` */
export interface DownReport {
  /** Whether there was a stack to stop. */
  readonly stopped: boolean;
}

export async function up({ json = false }: CommandOptions): Promise<void> {
  const running = readStackFile(stateDir);
  const stack = running ?? (await startHolder((line) => void (json || process.stderr.write(`${line}\n`))));
  if (json) return print(stack);
  // A stack whose ledger does not answer is no stack to release on.
  const next =
    running === undefined ? firstRelease : await nextRelease(running.ledgerUrl).catch(() => 'npx sluice doctor');
  process.stdout.write(
    [
      running === undefined ? 'the stack is up' : 'the stack was up already',
      `  Temporal UI  ${stack.temporalUi}`,
      `  shop         ${stack.shopUrl}`,
      `  state, logs  ${path.relative('.', stateDir)}`,
      'next:',
      `  ${next}`,
      '  npx sluice down',
      '',
    ].join('\n'),
  );
}

export async function down({ json = false }: CommandOptions): Promise<void> {
  const running = readStackFile(stateDir);
  if (running === undefined) {
    if (json) return print({ stopped: false } satisfies DownReport);
    process.stdout.write('no stack is running from here\n');
    return;
  }
  process.kill(running.pid, 'SIGTERM');
  const deadline = Date.now() + stopTimeoutMs;
  while (readStackFile(stateDir) !== undefined) {
    if (Date.now() > deadline) {
      // Its children are on a leash: they end with it.
      process.kill(running.pid, 'SIGKILL');
      break;
    }
    await sleep(100);
  }
  if (json) return print({ stopped: true } satisfies DownReport);
  process.stdout.write('the stack is down\n');
}

const stopTimeoutMs = 60_000;

async function startHolder(onProgress: (line: string) => void): Promise<StackFile> {
  mkdirSync(path.join(stateDir, 'logs'), { recursive: true });
  const log = openSync(path.join(stateDir, 'logs', 'stack.log'), 'a');
  const main = path.join(packageRoot, 'dist', 'embedded', 'stack-main.js');
  const holder = spawn(process.execPath, [main, stateDir], { detached: true, stdio: ['ignore', log, log, 'ipc'] });
  const interrupt = (): void => void holder.kill('SIGTERM');
  process.once('SIGINT', interrupt);
  try {
    return await new Promise<StackFile>((resolve, reject) => {
      holder.once('error', reject);
      holder.once('exit', (code, signal) =>
        reject(new Error(`the stack ended while it started (${signal ?? code}); its words are in ${stateDir}/logs`)),
      );
      holder.on('message', (message: StackMessage) => {
        switch (message.kind) {
          case 'progress':
            return onProgress(message.line);
          case 'ready':
            return resolve(message.stack);
          case 'failed':
            return reject(new Error(message.message));
        }
      });
    });
  } finally {
    process.off('SIGINT', interrupt);
    holder.removeAllListeners();
    if (holder.connected) holder.disconnect();
    holder.unref();
  }
}

function print(document: object): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}
