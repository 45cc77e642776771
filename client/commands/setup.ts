import type { Command } from 'commander';
import type { SetupItem } from '../../domain/setup.js';
import { colours } from '../colours.js';
import { examples } from '../examples.js';
import type { ExitName } from '../exit-codes.js';
import type { Report, SetupReport } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';

/** What prepares the outside, with the worker's environment and permissions. */
export interface SetupWork {
  setUp(options: { readonly check: boolean }): Promise<readonly SetupItem[]>;
}

interface SetupOptions extends GlobalOptions {
  readonly check?: boolean;
}

export function registerSetup(program: Command, load: () => Promise<SetupWork>): void {
  program
    .command('setup')
    .summary('prepare the ledger, search attributes and the reaper schedule')
    .description(
      'prepare what sluice needs outside: the ledger’s schema, search attributes, the reaper schedule; takes the worker’s environment, and may be run as often as you like',
    )
    .option('--check', 'only look; exits with 3 when something is missing, with 6 when a server does not answer')
    .addHelpText('after', examples('sluice setup', 'sluice setup --check'))
    .action((_options: SetupOptions, command: Command) => {
      const options = command.optsWithGlobals<SetupOptions>();
      return run(options, async () => {
        const { setUp } = await load();
        return report(await setUp({ check: options.check === true }));
      });
    });
}

function report(items: readonly SetupItem[]): Report<SetupReport> {
  return { exit: exitOf(items), document: { items }, text: items.map(itemText).join('\n') };
}

function exitOf(items: readonly SetupItem[]): ExitName {
  const broken = items.filter(({ state }) => state === 'broken');
  if (broken.some(({ misconfigured }) => misconfigured)) return 'usage';
  if (broken.length > 0) return broken.every(({ unreachable }) => unreachable) ? 'unreachable' : 'failure';
  return items.some(({ state }) => state === 'missing') ? 'refused' : 'released';
}

const paint: Readonly<Record<SetupItem['state'], (text: string) => string>> = {
  present: colours.dim,
  made: colours.green,
  missing: colours.yellow,
  broken: colours.red,
};

/** `made     ledger             0001_ledger.sql`; what to do about what is broken below it. */
function itemText({ name, state, detail, remedy }: SetupItem): string {
  const line = `${paint[state](state.padEnd(9))}${name.padEnd(19)}${detail}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(9 + 19)}${remedy}`;
}
