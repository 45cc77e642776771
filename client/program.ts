import { Command } from 'commander';
import type { DatabaseWork } from './commands/db/work.js';
import type { SetupWork } from './commands/setup.js';
import type { StackCommands } from './commands/stack.js';
import { examples } from './examples.js';
import { exitCodesHelp } from './exit-codes.js';
import { version } from './version.js';

type Register = (program: Command) => void;

/** In the order of the help. Loading them all takes a second of a processor, so that each is loaded when it is named. */
const commands: readonly (readonly [names: readonly string[], load: () => Promise<Register>])[] = [
  // The ways from here to what builds real things: every other command works without any of them.
  [
    ['up', 'down'],
    async () => {
      const { registerStack } = await import('./commands/stack.js');
      return (program) => registerStack(program, lazily<StackCommands>('../embedded/commands.js'));
    },
  ],
  [
    ['setup'],
    async () => {
      const { registerSetup } = await import('./commands/setup.js');
      return (program) => registerSetup(program, lazily<SetupWork>('../workers/setup.js'));
    },
  ],
  [
    ['db'],
    async () => {
      const { registerDb } = await import('./commands/db/db.js');
      return (program) => registerDb(program, lazily<DatabaseWork>('../workers/database.js'));
    },
  ],
  [['init'], async () => (await import('./commands/init.js')).registerInit],
  [['validate'], async () => (await import('./commands/validate.js')).registerValidate],
  [['doctor'], async () => (await import('./commands/doctor.js')).registerDoctor],
  [['plan'], async () => (await import('./commands/plan.js')).registerPlan],
  [['release'], async () => (await import('./commands/release.js')).registerRelease],
  [['status'], async () => (await import('./commands/status.js')).registerStatus],
  [['watch'], async () => (await import('./commands/watch.js')).registerWatch],
  [['history'], async () => (await import('./commands/history.js')).registerHistory],
  [['logs'], async () => (await import('./commands/logs.js')).registerLogs],
  [['pause'], async () => (await import('./commands/pause.js')).registerPause],
  [['tune'], async () => (await import('./commands/tune.js')).registerTune],
  [['resume'], async () => (await import('./commands/resume.js')).registerResume],
  [['approve'], async () => (await import('./commands/approve.js')).registerApprove],
  [['abort'], async () => (await import('./commands/abort.js')).registerAbort],
  [['rollback'], async () => (await import('./commands/rollback.js')).registerRollback],
  [['retry'], async () => (await import('./commands/retry.js')).registerRetry],
  [['skip'], async () => (await import('./commands/skip.js')).registerSkip],
];

/** The program with the one command its arguments name, or with none where they ask for the version; with all otherwise. */
export async function programFor(args: readonly string[]): Promise<Command> {
  const named = args.find((arg) => !arg.startsWith('-'));
  if (named === undefined && args.some((arg) => versionFlags.includes(arg))) return emptyProgram();
  const one = commands.find(([names]) => named !== undefined && names.includes(named));
  return one === undefined ? createProgram() : programWith([one]);
}

/** Every command with its options and help; nothing runs before it is told to parse. */
export async function createProgram(): Promise<Command> {
  const program = await programWith(commands);
  const { registerCompletion } = await import('./commands/completion.js');
  registerCompletion(program);
  return program;
}

async function programWith(chosen: typeof commands): Promise<Command> {
  const program = emptyProgram();
  for (const register of await Promise.all(chosen.map(([, load]) => load()))) register(program);
  return program;
}

const versionFlags = ['-V', '--version'];

function emptyProgram(): Command {
  return new Command('sluice')
    .description('Releases a new version of a service, database change included, while its users keep using it.')
    .version(version, versionFlags.join(', '), 'print the version')
    .option('--json', 'print one JSON document on stdout instead of text')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples('sluice release shop-2.yaml --wait', 'sluice status production/shop/2'))
    .addHelpText('after', `\n${exitCodesHelp}`)
    .showHelpAfterError('(`sluice help <command>` says more)')
    .exitOverride();
}

/** Loaded when its command runs; a name the compiler does not follow, since the client may not build on it. */
function lazily<Module>(file: string): () => Promise<Module> {
  return async () => (await import(file)) as Module;
}
