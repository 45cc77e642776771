#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ClientError } from './client-error.js';
import { exits } from './exit-codes.js';
import { programFor } from './program.js';
import { endAsBySigpipe, print, printErrorDocument } from './run.js';

// Commander prints help on the streams themselves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', endAsBySigpipe);

const program = await programFor(process.argv.slice(2));
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode !== 0) usageError(error);
}

/** Commander has told people on stderr already, but for a command that is not there; `--json` still gets its document. */
function usageError({ code, message }: CommanderError): void {
  const text = code === 'commander.help' ? missingCommand(program.args) : message.replace(/^error: /, '');
  if (code === 'commander.help') print(2, `\nerror: ${text}`);
  const error = new ClientError({ exit: 'usage', message: text, remedy: 'Read `sluice help`.' });
  if (process.argv.includes('--json')) printErrorDocument(error);
  process.exitCode = exits.usage.code;
}

/** Commander answers `sluice` and `sluice help nosuch` with its help alone. */
function missingCommand([, named]: readonly string[]): string {
  return named === undefined ? 'expected a command, found none' : `unknown command '${named}'`;
}
