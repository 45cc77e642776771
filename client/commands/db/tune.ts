import type { Command } from 'commander';
import { describeTunedFile } from '../../../domain/tuning.js';
import { resolveActor } from '../../actor.js';
import { ClientError } from '../../client-error.js';
import { examples } from '../../examples.js';
import { takeReason } from '../../reason.js';
import { run } from '../../run.js';
import { readSchemaOrder, type SchemaOptions, withSchemaOptions } from '../../schema-order.js';
import { askSchema } from '../../schema-run.js';
import { retuningIn, withRetuningOptions } from '../../tuning-options.js';
import type { LoadDatabaseWork } from './work.js';

interface TuneOptions extends SchemaOptions {
  readonly actor?: string;
  readonly reason?: string;
}

export function registerDbTune(group: Command, load: LoadDatabaseWork): void {
  const command = withRetuningOptions(withSchemaOptions(group.command('tune')))
    .summary('make a backfill gentler or faster while it runs')
    .description(
      'make a backfill gentler or faster while it runs, or before it begins: whoever runs it, here or in a release, follows within a second; what is not said stays as it is; ends with contract or rollback',
    )
    .option(
      '--actor <name>',
      'who tunes, told by the backfill (default: $SLUICE_ACTOR, the CI system’s word, or user@host)',
    )
    .addHelpText(
      'after',
      examples(
        'sluice db tune --dir migrations --pace 20% --url postgres://localhost/shop',
        'sluice db tune --dir migrations --brake replicaBytes=256MB --batch-ms 5',
        'sluice db tune --dir migrations --reset',
      ),
    )
    .action((_options: TuneOptions, command: Command) => {
      const options = command.optsWithGlobals<TuneOptions>();
      return run(options, async () => {
        const said = { ...retuningIn(options), actor: resolveActor(options.actor), reason: options.reason ?? '' };
        const order = await readSchemaOrder(options);
        const { standalone } = await load();
        const document = await askSchema(() => standalone.tune(order, said));
        if (document.files.length === 0) throw nothingOpen();
        return { exit: 'released', document, text: document.files.map(describeTunedFile).join('\n') };
      });
    });
  takeReason(command, 'optional');
}

function nothingOpen(): ClientError {
  return new ClientError({
    exit: 'refused',
    message: 'expected a backfill that is not done, found none in the folder; nothing was changed',
    remedy: 'See where the files stand with `sluice db status`.',
  });
}
