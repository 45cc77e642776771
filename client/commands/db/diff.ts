import type { Command } from 'commander';
import { requireDatabaseUrl } from '../../database-url.js';
import { driftLines } from '../../drift-text.js';
import { examples } from '../../examples.js';
import { type GlobalOptions, run } from '../../run.js';
import { askSchema } from '../../schema-run.js';
import type { LoadDatabaseWork } from './work.js';

interface DiffOptions extends GlobalOptions {
  readonly url?: string;
}

export function registerDbDiff(group: Command, load: LoadDatabaseWork): void {
  group
    .command('diff')
    .summary('say what was changed by hand')
    .description(
      'compare the tables and views that sluice has changed with what it left: columns, constraints, indexes and triggers that somebody else has changed; changes nothing; exits with 3 when there is a difference',
    )
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addHelpText('after', examples('sluice db diff --url postgres://localhost/shop'))
    .action((_options: DiffOptions, command: Command) => {
      const options = command.optsWithGlobals<DiffOptions>();
      return run(options, async () => {
        const url = requireDatabaseUrl(options.url, process.env);
        const { standalone } = await load();
        const document = await askSchema(() => standalone.diff({ url }));
        const isSame = document.drift.length === 0;
        const text = isSame ? 'diff: everything is as sluice left it' : driftLines(document.drift).join('\n');
        return { exit: isSame ? 'released' : 'refused', document, text };
      });
    });
}
