import { Command } from 'commander';
import { registerAbort } from './commands/abort.js';
import { registerApprove } from './commands/approve.js';
import { registerCompletion } from './commands/completion.js';
import { registerDb } from './commands/db/db.js';
import type { DatabaseWork } from './commands/db/work.js';
import { registerDoctor } from './commands/doctor.js';
import { registerHistory } from './commands/history.js';
import { registerInit } from './commands/init.js';
import { registerLogs } from './commands/logs.js';
import { registerPause } from './commands/pause.js';
import { registerPlan } from './commands/plan.js';
import { registerRelease } from './commands/release.js';
import { registerResume } from './commands/resume.js';
import { registerRetry } from './commands/retry.js';
import { registerRollback } from './commands/rollback.js';
import { type SetupWork, registerSetup } from './commands/setup.js';
import { registerSkip } from './commands/skip.js';
import { type StackCommands, registerStack } from './commands/stack.js';
import { registerStatus } from './commands/status.js';
import { registerValidate } from './commands/validate.js';
import { registerWatch } from './commands/watch.js';
import { examples } from './examples.js';
import { exitCodesHelp } from './exit-codes.js';
import { version } from './version.js';

/** Every command with its options and help; nothing runs before it is told to parse. */
export function createProgram(): Command {
  const program = new Command('sluice')
    .description('Releases a new version of a service, database change included, while its users keep using it.')
    .version(version, '-V, --version', 'print the version')
    .option('--json', 'print one JSON document on stdout instead of text')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples('sluice release shop-2.yaml --wait', 'sluice status production/shop/2'))
    .addHelpText('after', `\n${exitCodesHelp}`)
    .showHelpAfterError('(`sluice help <command>` says more)')
    .exitOverride();

  // The ways from here to what builds real things: every other command works without any of them.
  registerStack(program, lazily<StackCommands>('../embedded/commands.js'));
  registerSetup(program, lazily<SetupWork>('../workers/setup.js'));
  registerDb(program, lazily<DatabaseWork>('../workers/database.js'));
  registerInit(program);
  registerValidate(program);
  registerDoctor(program);
  registerPlan(program);
  registerRelease(program);
  registerStatus(program);
  registerWatch(program);
  registerHistory(program);
  registerLogs(program);
  registerPause(program);
  registerResume(program);
  registerApprove(program);
  registerAbort(program);
  registerRollback(program);
  registerRetry(program);
  registerSkip(program);
  registerCompletion(program);
  return program;
}

/** Loaded when its command runs; a name the compiler does not follow, since the client may not build on it. */
function lazily<Module>(file: string): () => Promise<Module> {
  return async () => (await import(file)) as Module;
}
