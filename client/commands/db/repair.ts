import type { Command } from 'commander';
import type { SchemaRepairs } from '../../../domain/schema-change.js';
import { confirm } from '../../confirm.js';
import { repairLines } from '../../drift-text.js';
import { examples } from '../../examples.js';
import { run } from '../../run.js';
import { readSchemaOrder, type SchemaOptions, withSchemaOptions } from '../../schema-order.js';
import { askSchema, runSchema } from '../../schema-run.js';
import type { LoadDatabaseWork } from './work.js';

interface RepairOptions extends SchemaOptions {
  readonly yes?: boolean;
}

export function registerDbRepair(group: Command, load: LoadDatabaseWork): void {
  withSchemaOptions(group.command('repair'))
    .summary('accept what was changed by hand, and mend the histories')
    .description(
      'accept the tables as they are where somebody else has changed them, remove rows of failed attempts, and record the files as they are now; shows all of it first, and touches no row of yours; exits with 3 when it is not what was shown any more',
    )
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('sluice db repair --dir migrations --url postgres://localhost/shop'))
    .action((_options: RepairOptions, command: Command) => {
      const options = command.optsWithGlobals<RepairOptions>();
      return run(options, async () => {
        const order = await readSchemaOrder(options);
        const { standalone } = await load();
        const shown = await askSchema(() => standalone.repairs(order));
        if (isEmpty(shown)) return { exit: 'released', document: shown, text: 'repair: nothing was to be repaired' };
        await confirm(repairLines(shown), options);
        await runSchema(options, (watched) => standalone.repair(order, shown, watched));
        return { exit: 'released', document: shown, text: 'repair: done; what the tables hold was not touched' };
      });
    });
}

function isEmpty({ drift, failed, realigned }: SchemaRepairs): boolean {
  return drift.length + failed.length + realigned.length === 0;
}
