import { createProgram } from '../../client/program.js';

/** The name of the command a line would run, with nothing run; throws what commander says of a line it does not take. */
export async function commandTaken(line: string): Promise<string> {
  const [alone = ''] = line.split(/ [|>] /);
  const [, ...words] = (alone.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
  const program = createProgram();
  let taken = '';
  for (const command of program.commands) {
    command.configureOutput({ writeErr: () => undefined }).action(() => void (taken = `sluice ${command.name()}`));
  }
  await program.configureOutput({ writeErr: () => undefined }).parseAsync(words, { from: 'user' });
  return taken;
}
