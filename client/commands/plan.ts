import type { Command } from 'commander';
import { laneName } from '../../domain/lane.js';
import { ask } from '../ask.js';
import { withTemporal } from '../connection.js';
import { examples } from '../examples.js';
import { type ManifestOptions, manifestFiles, takeManifests } from '../manifest-arguments.js';
import { type ManifestFile, readManifestFile } from '../manifest-file.js';
import { planText } from '../plan-text.js';
import type { PlanReport, Report } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';

interface PlanOptions extends GlobalOptions, ManifestOptions {}

export function registerPlan(program: Command): void {
  takeManifests(program.command('plan'))
    .description('show what a release would do now, step by step, and why it would be refused; changes nothing')
    .addHelpText('after', examples('sluice plan -f shop-2.yaml', 'sluice plan shop-defaults.yaml shop-2.yaml --json'))
    .action((named: string[], _options: PlanOptions, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      return run(options, async () => plan(await readManifestFile(...manifestFiles(named, options))));
    });
}

async function plan({ manifest, migrations, operations, request }: ManifestFile): Promise<Report<PlanReport>> {
  const { lane, version } = request;
  const asked = { manifest, migrations, ...(operations === undefined ? {} : { operations }) };
  const preview = await withTemporal((temporal) => ask(temporal, { question: 'plan', about: laneName(lane), asked }));
  const document: PlanReport = { ...lane, version, ...preview };
  return { exit: preview.refusals.length > 0 ? 'refused' : 'released', document, text: planText(document) };
}
