import type { Command } from 'commander';
import { type ReleaseRef, describeRelease } from '../../domain/lane.js';
import { type Temporal, withTemporal } from '../connection.js';
import { examples } from '../examples.js';
import { followLog } from '../follow-log.js';
import { eventText, logText, missingText } from '../log-text.js';
import { readLog } from '../release-log.js';
import type { LogReport, Report } from '../reports.js';
import type { ManifestOptions } from '../manifest-arguments.js';
import { type GlobalOptions, print, run } from '../run.js';
import { readRelease } from '../target.js';

interface LogsOptions extends GlobalOptions, ManifestOptions {
  readonly follow?: boolean;
}

export function registerLogs(program: Command): void {
  program
    .command('logs')
    .description(
      'tell what happened in a release, in order: steps, decisions, verdicts, every change from what to what',
    )
    .argument('[release]', '<environment>/<service>/<version>')
    .option('-f, --file <manifest...>', 'take the release from a manifest; several are merged')
    .option(
      '--follow',
      'go on until it has ended (Ctrl-C ends the following, not the release); with --json its lines are on stderr',
    )
    .addHelpText('after', examples('sluice logs production/shop/2', 'sluice logs production/shop/2 --follow'))
    .action((name: string | undefined, _options: LogsOptions, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      return run(options, async () => {
        const release = await readRelease(name, options);
        return withTemporal((temporal) =>
          options.follow ? followLogs(temporal, release, options) : showLogs(temporal, release),
        );
      });
    });
}

async function showLogs(temporal: Temporal, release: ReleaseRef): Promise<Report<LogReport>> {
  const document = await readLog(temporal, release);
  return { exit: 'released', document, text: logText(document) };
}

async function followLogs(temporal: Temporal, release: ReleaseRef, options: GlobalOptions): Promise<Report<LogReport>> {
  const interrupted = new AbortController();
  const detach = () => interrupted.abort();
  process.once('SIGINT', detach).once('SIGTERM', detach);
  try {
    const document = await followLog({
      temporal,
      release,
      detach: interrupted.signal,
      onEvent: (event) => print(options.json ? 2 : 1, eventText(event)),
    });
    const ended = document.state === 'ended';
    return {
      exit: ended ? 'released' : 'detached',
      document,
      text: [
        ...document.missing.map(missingText),
        ...(ended ? [] : [`Detached. ${describeRelease(release)} goes on by itself.`]),
      ].join('\n'),
    };
  } finally {
    process.off('SIGINT', detach).off('SIGTERM', detach);
  }
}
