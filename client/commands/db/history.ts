import type { Command } from 'commander';
import type { SchemaHistory } from '../../../domain/schema-change.js';
import { requireDatabaseUrl } from '../../database-url.js';
import { examples } from '../../examples.js';
import { type GlobalOptions, run } from '../../run.js';
import { askSchema } from '../../schema-run.js';
import { historyText } from '../../schema-text.js';
import type { LoadDatabaseWork } from './work.js';

interface HistoryOptions extends GlobalOptions {
  readonly url?: string;
}

export function registerDbHistory(group: Command, load: LoadDatabaseWork): void {
  group
    .command('history')
    .summary('print what was run in this database')
    .description(
      'print flyway_schema_history, and what was done by operations and soft contracts: what was run in this database, by whom and when',
    )
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addHelpText('after', examples('sluice db history --url postgres://localhost/shop'))
    .action((_options: HistoryOptions, command: Command) => {
      const options = command.optsWithGlobals<HistoryOptions>();
      return run(options, async () => {
        const url = requireDatabaseUrl(options.url, process.env);
        const { standalone } = await load();
        const document: SchemaHistory = await askSchema(() => standalone.history({ url }));
        return { exit: 'released', document, text: historyText(document) };
      });
    });
}
