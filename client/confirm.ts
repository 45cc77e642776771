import { createInterface } from 'node:readline/promises';
import { ClientError } from './client-error.js';
import { print } from './run.js';

/**
 * Says on stderr what will be done and what of it can still be undone; on a terminal asks whether to. Without one, and
 * with `yes`, it goes on: scripts and CI have decided before.
 */
export async function confirm(what: readonly string[], options: { readonly yes?: boolean }): Promise<void> {
  print(2, what.join('\n'));
  if (options.yes || !process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D at the question are a no.
  const answer = await Promise.race([
    terminal.question('Go on? [y/N] '),
    new Promise<string>((resolve) => terminal.once('close', () => resolve('no'))),
  ]).finally(() => terminal.close());
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new ClientError({
    exit: 'refused',
    message: 'expected y or yes, so nothing was sent',
    remedy: 'Run it again and answer y, or say --yes.',
  });
}
