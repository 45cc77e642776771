import { execFile } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../package-root.js';
import type { Stack } from '../stack.js';

export interface CliAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const main = path.join(packageRoot, 'dist', 'client', 'main.js');

/** What tells `sluice` that this stack is meant, and who says it. */
export function stackEnvironment({ temporal }: Stack): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace, SLUICE_ACTOR: 'demo' };
}

/** Runs `sluice …` as an operator would, against this stack. */
export function sluice(stack: Stack, args: readonly string[]): Promise<CliAnswer> {
  const env = { ...process.env, ...stackEnvironment(stack) };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** The same, where anything but success is a broken promise. */
export async function mustSluice(stack: Stack, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sluice(stack, args);
  if (exitCode === 0) return stdout;
  throw new Error(`sluice ${args.join(' ')} ended with ${exitCode}:\n${stderr || stdout}`);
}
