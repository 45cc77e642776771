import path from 'node:path';
import { startChild } from '../child.js';
import { packageRoot } from '../package-root.js';
import type { Stack } from '../stack.js';

export interface CliAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const main = path.join(packageRoot, 'dist', 'client', 'main.js');
/** No command of the demo waits for a release: one that takes this long hangs. */
const hangsAfterMs = 150_000;

/** What tells `sluice` that this stack is meant, and who says it. */
export function stackEnvironment({ temporal }: Pick<Stack, 'temporal'>): NodeJS.ProcessEnv {
  return { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace, SLUICE_ACTOR: 'demo' };
}

/** Runs `sluice …` as an operator would, against this stack; it ends when this process does. */
async function sluice(stack: Pick<Stack, 'temporal'>, args: readonly string[]): Promise<CliAnswer> {
  const said = { stdout: '', stderr: '' };
  const command = await startChild({
    name: 'sluice',
    command: process.execPath,
    args: [main, ...args],
    env: stackEnvironment(stack),
    log: (line, from) => void (said[from] += `${line}\n`),
    // It reads no leash.
    foreign: true,
  });
  const overdue = setTimeout(() => void command.kill(), hangsAfterMs);
  const { code } = await command.exited;
  clearTimeout(overdue);
  return { exitCode: code ?? 1, ...said };
}

/** The same, where anything but success is a broken promise. */
export async function mustSluice(stack: Pick<Stack, 'temporal'>, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await sluice(stack, args);
  if (exitCode === 0) return stdout;
  throw new Error(`sluice ${args.join(' ')} ended with ${exitCode}:\n${stderr || stdout}`);
}
