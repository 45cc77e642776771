import type { Command } from 'commander';
import { examples } from '../../examples.js';
import { run } from '../../run.js';
import { type SchemaOptions, readSchemaOrder, withSchemaOptions } from '../../schema-order.js';
import { askSchema } from '../../schema-run.js';
import { standingText } from '../../schema-text.js';
import type { LoadDatabaseWork } from './work.js';

/** `plan` asks whether it may be run, `status` where it stands: the same answer, and another exit code. */
export function registerDbPlan(group: Command, load: LoadDatabaseWork): void {
  register('plan', {
    summary: 'say what would be run, and what would refuse it',
    description:
      'say where each file stands in the database, and every reason why it would not be run; changes nothing; exits with 3 when there is one',
    exitOfRefusals: 'refused',
  });
  register('status', {
    summary: 'say where each file stands',
    description: 'say where each file stands in the database: pending, begun or applied; changes nothing',
    exitOfRefusals: 'released',
  });

  function register(
    name: 'plan' | 'status',
    words: { summary: string; description: string; exitOfRefusals: 'refused' | 'released' },
  ): void {
    withSchemaOptions(group.command(name))
      .summary(words.summary)
      .description(words.description)
      .addHelpText('after', examples(`sluice db ${name} --dir migrations --url postgres://localhost/shop`))
      .action((_options: SchemaOptions, command: Command) => {
        const options = command.optsWithGlobals<SchemaOptions>();
        return run(options, async () => {
          const order = await readSchemaOrder(options);
          const { standalone } = await load();
          const standing = await askSchema(() => standalone.standing(order));
          const exit = standing.refusals.length === 0 ? 'released' : words.exitOfRefusals;
          return { exit, document: standing, text: standingText(standing) };
        });
      });
  }
}
