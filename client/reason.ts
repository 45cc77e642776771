import { type Command, InvalidArgumentError } from 'commander';

/** `--reason` of what somebody says to a release. */
export function takeReason(command: Command, need: 'optional' | 'required'): Command {
  const [flag, why] = ['--reason <text>', 'why, for the audit trail'] as const;
  return need === 'required'
    ? command.requiredOption(flag, `${why} (required)`, readReason)
    : command.option(flag, why, readReason);
}

function readReason(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('expected a reason, found nothing.');
}
