import type { Command } from 'commander';
import type { KeptData, SchemaPurge } from '../../../domain/schema-change.js';
import { confirm } from '../../confirm.js';
import { requireDatabaseUrl } from '../../database-url.js';
import { examples } from '../../examples.js';
import { type GlobalOptions, run } from '../../run.js';
import { lockTimeoutOption, patienceOption } from '../../schema-order.js';
import { askSchema, runSchema } from '../../schema-run.js';
import { keptLine } from '../../schema-text.js';
import type { LoadDatabaseWork } from './work.js';

interface PurgeOptions extends GlobalOptions {
  readonly url?: string;
  readonly lockTimeout: number;
  readonly patience: number;
  readonly all?: boolean;
  readonly yes?: boolean;
}

export function registerDbPurge(group: Command, load: LoadDatabaseWork): void {
  group
    .command('purge')
    .summary('drop what contract has kept for long enough')
    .description(
      'drop the columns and tables that `sluice db contract --keep`, or a release with keepFor, has put aside, and whose time is over; what you have given a name of your own stays',
    )
    .option('--all', 'also what is to be kept for longer')
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addOption(lockTimeoutOption())
    .addOption(patienceOption())
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('sluice db purge --url postgres://localhost/shop'))
    .action((_options: PurgeOptions, command: Command) => {
      const options = command.optsWithGlobals<PurgeOptions>();
      return run(options, async () => {
        const url = requireDatabaseUrl(options.url, process.env);
        const { standalone } = await load();
        const { kept } = await askSchema(() => standalone.history({ url }));
        const goes = kept.filter(({ isOver }) => options.all === true || isOver);
        if (goes.length > 0) await confirm([...goes.map(foretell), 'Nothing brings it back.'], options);
        // What is over its time only since then was not shown.
        const ids = goes.map(({ id }) => id);
        const order = { url, ids, lockTimeoutMs: options.lockTimeout, lockPatienceMs: options.patience * 1_000 };
        const purged = goes.length === 0 ? [] : await runSchema(options, (watched) => standalone.purge(order, watched));
        const stays = kept.filter(({ id }) => !purged.some((row) => row.id === id));
        const document: SchemaPurge = { purged, kept: stays };
        return { exit: 'released', document, text: purgeText(document) };
      });
    });
}

function foretell({ what }: KeptData): string {
  return `Will drop what was ${what}.`;
}

function purgeText({ purged, kept }: SchemaPurge): string {
  const gone =
    purged.length === 0 ? 'purge: nothing is over its time' : `purge: ${purged.map(({ what }) => what).join(', ')}`;
  return [gone, ...kept.map(keptLine)].join('\n');
}
