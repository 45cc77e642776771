#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ClientError } from './client-error.js';
import { exits } from './exit-codes.js';
import { createProgram } from './program.js';
import { printErrorDocument } from './run.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode !== 0) usageError(error);
}

/** Commander has told people on stderr already; `--json` still gets its document. */
function usageError({ message }: CommanderError): void {
  const text = message.replace(/^error: /, '');
  const error = new ClientError({ exit: 'usage', message: text, remedy: 'Read `sluice help`.' });
  if (process.argv.includes('--json')) printErrorDocument(error);
  process.exitCode = exits.usage.code;
}
