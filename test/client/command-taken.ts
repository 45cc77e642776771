import type { Command } from 'commander';
import { commandsOf } from '../../client/help.js';
import { createProgram } from '../../client/program.js';

/** The name of the command a line would run, with nothing run; throws what commander says of a line it does not take. */
export async function commandTaken(line: string): Promise<string> {
  const [alone = ''] = line.split(/ [|>] /);
  const [, ...words] = (alone.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/["']/g, ''));
  const program = await createProgram();
  let taken = '';
  const leaves = commandsOf(program).filter(({ parent, commands }) => parent !== null && commands.length === 0);
  for (const command of leaves) {
    command.configureOutput({ writeErr: () => undefined }).action(() => void (taken = nameOf(command)));
  }
  await program.configureOutput({ writeErr: () => undefined }).parseAsync(words, { from: 'user' });
  return taken;
}

/** `sluice db lint` */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
