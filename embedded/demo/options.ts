import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Leave the stack up after the story, until Ctrl-C. */
  readonly keep: boolean;
  /** Requests a second. */
  readonly rate: number;
  /** Customers that are there when the story begins. */
  readonly customers: number;
  readonly stateDir: string;
}

export const demoHelp = `npm run demo [-- <options>]: three releases of a shop under load, a table, and a report.

  --rate <n>         requests a second of the shoppers (default 220). With fewer than 140 a canary may see too little
                     of version 3 to judge it
  --customers <n>    customers whose name is split (default 120000). With fewer than 100000 that promise cannot be kept
  --keep             leave the stack up after the story, until Ctrl-C
  --state-dir <dir>  where data, logs and the report go (default .sluice); what an earlier stack left there is removed
  --help             this

Exit codes: 0 every promise held, 1 one was broken or the stack did not come up, 2 the command line is wrong, 130 Ctrl-C
before the end of the story. After it, with --keep, Ctrl-C ends with what the story came to.
`;

/** Throws what is wrong with the command line, in words. */
export function readOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keep: { type: 'boolean', default: false },
      rate: { type: 'string', default: '220' },
      customers: { type: 'string', default: '120000' },
      'state-dir': { type: 'string', default: '.sluice' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    keep: values.keep,
    rate: wholeNumber('--rate', values.rate),
    customers: wholeNumber('--customers', values.customers),
    stateDir: values['state-dir'],
  };
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`expected a whole number above 0 after ${flag}, found ${text === '' ? 'nothing' : text}`);
}
