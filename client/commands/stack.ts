import type { Command } from 'commander';
import { examples } from '../examples.js';
import { type GlobalOptions, printError } from '../run.js';

/** What the one-machine stack offers the command line. Each prints for itself and sets `process.exitCode`. */
export interface StackCommands {
  up(options: GlobalOptions): Promise<void>;
  down(options: GlobalOptions): Promise<void>;
}

export function registerStack(program: Command, load: () => Promise<StackCommands>): void {
  const register = (name: keyof StackCommands, description: string) =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', examples(`sluice ${name}`))
      .action(async (_options: GlobalOptions, command: Command) => {
        const options = command.optsWithGlobals<GlobalOptions>();
        try {
          const commands = await load();
          await commands[name](options);
        } catch (error) {
          printError(options, error);
        }
      });
  register(
    'up',
    'start the whole stack on this machine: Temporal, Postgres, a simulated AWS, a worker, the sample shop',
  );
  register('down', 'stop what `up` started');
}
