import type { Command } from 'commander';

/** One command as its help describes it; `sluice` itself is the first. */
export interface CommandHelp {
  /** `sluice release` */
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
  readonly examples: readonly string[];
}

export interface Term {
  readonly term: string;
  readonly description: string;
}

/** Every command that people see, in the order of the program. */
export function describeProgram(program: Command): readonly CommandHelp[] {
  return commandsOf(program).map(describe);
}

/** What `sluice help <command>` prints, eighty columns wide. */
export function helpText(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 80 }).outputHelp();
  return text;
}

/** The program and every command in it, those of a group behind it, the built-in `help` left out. */
export function commandsOf(program: Command): readonly Command[] {
  return [program, ...program.commands.flatMap((command) => [command, ...command.commands])];
}

function describe(command: Command): CommandHelp {
  const help = command.createHelp();
  return {
    name: help.commandUsage(command).split(/ [[<]/)[0] ?? '',
    description: help.commandDescription(command),
    usage: help.commandUsage(command),
    arguments: help
      .visibleArguments(command)
      .map((it) => ({ term: help.argumentTerm(it), description: help.argumentDescription(it) })),
    options: help
      .visibleOptions(command)
      .filter((it) => it.long !== '--help' || command.parent === null)
      .map((it) => ({ term: help.optionTerm(it), description: help.optionDescription(it) })),
    examples: [...helpText(command).matchAll(/^ {2}(sluice .*)$/gm)].map(([, line = '']) => line),
  };
}
