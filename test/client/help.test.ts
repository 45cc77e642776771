import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandsOf, describeProgram, helpText } from '../../client/help.js';
import { createProgram } from '../../client/program.js';

const program = createProgram();
const commands = commandsOf(program).map((command): [string, Command] => [command.name(), command]);

it.each(commands)('says what %s does', (_name, command) => {
  expect(helpText(command)).toMatchSnapshot();
});

describe.each(describeProgram(program).map((help) => [help.name, help] as const))('the help of %s', (_name, help) => {
  it('has an example', () => {
    expect(help.examples).not.toEqual([]);
  });

  it.each(help.examples)('has an example that the program takes: %s', async (line) => {
    expect(await commandTaken(line)).toMatch(help.name);
  });
});

/** The name of the command a line would run, with nothing run; throws what commander says of a line it does not take. */
async function commandTaken(line: string): Promise<string> {
  const [alone = ''] = line.split(/ [|>] /);
  const [, ...words] = (alone.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
  const program = createProgram();
  let taken = '';
  for (const command of program.commands) {
    command.configureOutput({ writeErr: () => undefined }).action(() => void (taken = `sluice ${command.name()}`));
  }
  await program.parseAsync(words, { from: 'user' });
  return taken;
}
