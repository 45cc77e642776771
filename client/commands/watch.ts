import type { Command } from 'commander';
import { readRelease } from '../target.js';
import { withTemporal } from '../connection.js';
import { examples } from '../examples.js';
import type { ManifestOptions } from '../manifest-arguments.js';
import { type GlobalOptions, run } from '../run.js';
import { waitForRelease } from '../wait.js';

type WatchOptions = GlobalOptions & ManifestOptions;

export function registerWatch(program: Command): void {
  program
    .command('watch')
    .description('print every change of a release until it has ended; exits with its outcome')
    .argument('[release]', '<environment>/<service>/<version>')
    .option('-f, --file <manifest...>', 'take the release from a manifest; several are merged')
    .addHelpText('after', examples('sluice watch production/shop/2'))
    .action((name: string | undefined, _options: WatchOptions, command: Command) => {
      const options = command.optsWithGlobals<WatchOptions>();
      return run(options, async () => {
        const release = await readRelease(name, options);
        return withTemporal((temporal) => waitForRelease({ temporal, release, options, stopAtOperator: false }));
      });
    });
}
