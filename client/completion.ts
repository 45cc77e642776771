import type { Argument, Command, Option } from 'commander';
import { bashCompletion } from './completion-bash.js';
import { fishCompletion } from './completion-fish.js';
import { zshCompletion } from './completion-zsh.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** What may be typed after `sluice`, as a shell needs to know it. */
export interface Words {
  readonly commands: readonly CommandWords[];
  /** Those of every command, too. */
  readonly options: readonly OptionWords[];
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly arguments: readonly Value[];
}

export interface OptionWords {
  /** `--file`, and the short `-f` where there is one. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent for a switch. */
  readonly value?: Value;
}

/** What is completed in the place of a value; a `text` nobody can guess. */
export type Value =
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'choice'; readonly name: string; readonly choices: readonly string[] }
  | { readonly kind: 'text'; readonly name: string };

const generators: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script that teaches a shell the commands of `program`. */
export function completionScript(program: Command, shell: Shell): string {
  return generators[shell](wordsOf(program));
}

function wordsOf(program: Command): Words {
  const help = program.createHelp();
  const commands = help.visibleCommands(program).map((command) => ({
    name: command.name(),
    description: help.subcommandDescription(command),
    options: optionsOf(command).map(optionWords),
    arguments: argumentsOf(command, program),
  }));
  return { commands, options: help.visibleOptions(program).map(optionWords) };
}

/** A group has those of its commands: which of them is typed, the scripts do not look at. */
function optionsOf(command: Command): readonly Option[] {
  const options = [command, ...command.commands].flatMap((it) => it.createHelp().visibleOptions(it));
  return options.filter((option, index) => options.findIndex(({ long }) => long === option.long) === index);
}

function argumentsOf(command: Command, program: Command): readonly Value[] {
  const parent = command.name() === 'help' ? program : command;
  if (parent.commands.length === 0) return command.registeredArguments.map(argumentValue);
  return [{ kind: 'choice', name: 'command', choices: parent.commands.map((it) => it.name()) }];
}

function optionWords(option: Option): OptionWords {
  const { long, short, description, flags, argChoices } = option;
  const name = /[<[]([^>\].]+)(\.\.\.)?[>\]]/.exec(flags)?.[1];
  return {
    flags: [long, short].filter((flag) => typeof flag === 'string'),
    description,
    ...(name === undefined ? {} : { value: valueOf(name, argChoices) }),
  };
}

function argumentValue(argument: Argument): Value {
  return valueOf(argument.name(), argument.argChoices);
}

const fileNames = new Set(['file', 'folder', 'manifest']);

function valueOf(name: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choice', name, choices };
  return { kind: fileNames.has(name) ? 'file' : 'text', name };
}
