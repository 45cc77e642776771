import type { Command } from 'commander';
import { examples } from '../../examples.js';
import { run } from '../../run.js';
import { type SchemaOptions, readSchemaOrder, withSchemaOptions } from '../../schema-order.js';
import { askSchema } from '../../schema-run.js';
import { standingText } from '../../schema-text.js';
import type { LoadDatabaseWork } from './work.js';

export function registerDbPlan(group: Command, load: LoadDatabaseWork): void {
  withSchemaOptions(group.command('plan'))
    .alias('status')
    .summary('say where each file stands, and what would refuse them')
    .description(
      'say where each file stands in the database: pending, begun or applied, and every reason why it would not be run; changes nothing; exits with 3 when there is one',
    )
    .addHelpText('after', examples('sluice db plan --dir migrations --url postgres://localhost/shop'))
    .action((_options: SchemaOptions, command: Command) => {
      const options = command.optsWithGlobals<SchemaOptions>();
      return run(options, async () => {
        const order = await readSchemaOrder(options);
        const { standalone } = await load();
        const standing = await askSchema(() => standalone.standing(order));
        const exit = standing.refusals.length === 0 ? 'released' : 'refused';
        return { exit, document: standing, text: standingText(standing) };
      });
    });
}
