import type { Command } from 'commander';
import { examples } from '../../examples.js';
import { run } from '../../run.js';
import { type SchemaOptions, readSchemaOrder, withSchemaOptions } from '../../schema-order.js';
import { runSchema } from '../../schema-run.js';
import type { LoadDatabaseWork } from './work.js';

export function registerDbVerify(group: Command, load: LoadDatabaseWork): void {
  withSchemaOptions(group.command('verify'))
    .summary('count the rows a backfill should have filled and did not')
    .description(
      'count the rows that a backfill should have filled and did not, over the whole table; changes nothing; exits with 3 when there is one',
    )
    .addHelpText('after', examples('sluice db verify --dir migrations --url postgres://localhost/shop'))
    .action((_options: SchemaOptions, command: Command) => {
      const options = command.optsWithGlobals<SchemaOptions>();
      return run(options, async () => {
        const order = await readSchemaOrder(options);
        const { standalone } = await load();
        const outcome = await runSchema(options, (watched) => standalone.verify(order, watched));
        const { unfilled = 0 } = outcome;
        const text =
          unfilled === 0
            ? 'verify: every row is filled'
            : `verify: ${unfilled.toLocaleString('en')} rows are not filled`;
        return { exit: unfilled === 0 ? 'released' : 'refused', document: outcome, text };
      });
    });
}
