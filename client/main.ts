#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ClientError } from './client-error.js';
import { registerAbort } from './commands/abort.js';
import { registerApprove } from './commands/approve.js';
import { registerPause } from './commands/pause.js';
import { registerRelease } from './commands/release.js';
import { registerResume } from './commands/resume.js';
import { registerRetry } from './commands/retry.js';
import { registerSkip } from './commands/skip.js';
import { registerStack } from './commands/stack.js';
import { registerStatus } from './commands/status.js';
import { registerWatch } from './commands/watch.js';
import { exitCodesHelp, exits } from './exit-codes.js';
import { printErrorDocument } from './run.js';

const program = new Command('sluice')
  .description('Releases a new version of a service, database change included, while its users keep using it.')
  .option('--json', 'print one JSON document on stdout instead of text')
  .configureHelp({ showGlobalOptions: true })
  .addHelpText('after', `\n${exitCodesHelp}`)
  .showHelpAfterError('(`sluice help <command>` says more)')
  .exitOverride();

// Lazy, and the one way from here into the one-machine stack: every other command works without it.
registerStack(program, async () => {
  const commands: string = '../embedded/commands.js';
  return import(commands);
});
registerRelease(program);
registerStatus(program);
registerWatch(program);
registerPause(program);
registerResume(program);
registerApprove(program);
registerAbort(program);
registerRetry(program);
registerSkip(program);

try {
  await program.parseAsync();
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
