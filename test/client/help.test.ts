import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandsOf, describeProgram, helpText } from '../../client/help.js';
import { createProgram } from '../../client/program.js';
import { commandTaken, nameOf } from './command-taken.js';

const program = await createProgram();
const commands = commandsOf(program).map((command): [string, Command] => [nameOf(command), command]);

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
