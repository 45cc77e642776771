import { isatty } from 'node:tty';
import picocolors from 'picocolors';

/**
 * Colours where stdout is a terminal that has them, or where `FORCE_COLOR` asks; `NO_COLOR` wins over both.
 * Left to itself, picocolors would colour every pipe and file wherever `CI` is set, and scripts there read what we print.
 */
export const colours = picocolors.createColors(wanted(process.env, isatty(1)));

function wanted({ NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv, terminal: boolean): boolean {
  if (isSet(NO_COLOR)) return false;
  return isSet(FORCE_COLOR) ? FORCE_COLOR !== '0' : terminal && TERM !== 'dumb';
}

/** An empty variable is none: https://no-color.org */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
