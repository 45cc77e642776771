import { CommanderError } from 'commander';
import { ClientError } from './client-error.js';
import { exits } from './exit-codes.js';
import { programFor } from './program.js';
import { print, printErrorDocument } from './run.js';

/** Runs what follows `sluice` on the command line, and sets the exit code of the process. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const program = await programFor(args);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) usageError(error, program.args, args.includes('--json'));
  }
}

/** Commander has told people on stderr already, but for a command that is not there; `--json` still gets its document. */
function usageError({ code, message }: CommanderError, named: readonly string[], json: boolean): void {
  const text = code === 'commander.help' ? missingCommand(named) : message.replace(/^error: /, '');
  if (code === 'commander.help') print(2, `\nerror: ${text}`);
  const error = new ClientError({ exit: 'usage', message: text, remedy: 'Read `sluice help`.' });
  if (json) printErrorDocument(error);
  process.exitCode = exits.usage.code;
}

/** Commander answers `sluice` and `sluice help nosuch` with its help alone. */
function missingCommand([, named]: readonly string[]): string {
  return named === undefined ? 'expected a command, found none' : `unknown command '${named}'`;
}
