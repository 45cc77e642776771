import { type Command, InvalidArgumentError } from 'commander';
import { type Lane, laneName } from '../../domain/lane.js';
import { ask } from '../ask.js';
import { withTemporal } from '../connection.js';
import { examples } from '../examples.js';
import { historyText } from '../history-text.js';
import type { HistoryReport, Report } from '../reports.js';
import type { ManifestOptions } from '../manifest-arguments.js';
import { type GlobalOptions, run } from '../run.js';
import { readLane } from '../target.js';

interface HistoryOptions extends GlobalOptions, ManifestOptions {
  readonly limit: number;
}

export function registerHistory(program: Command): void {
  program
    .command('history')
    .description('list the releases of a lane, newest first: outcome, who, when, how long, why not')
    .argument('[lane]', '<environment>/<service>')
    .option('-f, --file <manifest...>', 'take the lane from a manifest; several are merged')
    .option('--limit <count>', 'how many at most, up to 1000', parseLimit, 20)
    .addHelpText('after', examples('sluice history production/shop', 'sluice history production/shop --limit 3 --json'))
    .action((name: string | undefined, _options: HistoryOptions, command: Command) => {
      const options = command.optsWithGlobals<HistoryOptions>();
      return run(options, async () => {
        const lane = await readLane(name, options);
        return showHistory(lane, options.limit);
      });
    });
}

async function showHistory(lane: Lane, limit: number): Promise<Report<HistoryReport>> {
  const asked = { lane, limit };
  const history = await withTemporal((temporal) =>
    ask(temporal, { question: 'history', about: laneName(lane), asked }),
  );
  const document: HistoryReport = { ...lane, ...history };
  return { exit: 'released', document, text: historyText(document) };
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('expected a whole number from 1 to 1000.');
}
