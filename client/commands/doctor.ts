import type { Command } from 'commander';
import { type Finding, judgeRelease, judgeTemporal, judgeWorker } from '../../domain/doctor/doctor.js';
import { broken } from '../../domain/doctor/finding.js';
import { describeRelease } from '../../domain/lane.js';
import { ask } from '../ask.js';
import { ClientError } from '../client-error.js';
import { type Temporal, withTemporal } from '../connection.js';
import { findingsText } from '../doctor-text.js';
import { examples } from '../examples.js';
import { type ManifestOptions, manifestFiles } from '../manifest-arguments.js';
import { type ManifestFile, readManifestFile } from '../manifest-file.js';
import type { DoctorReport, Report } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';
import { readTemporalFacts } from '../temporal-facts.js';

type DoctorOptions = GlobalOptions & ManifestOptions;

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('look for what would keep a release from going well; changes nothing')
    .description(
      'look for what would keep a release from going well: Temporal, workers, the ledger, AWS, and with a manifest everything it names; changes nothing, and exits with 3 when something is broken',
    )
    .option('-f, --file <manifest...>', 'look at what a release of this manifest would touch, too; several are merged')
    .addHelpText('after', examples('sluice doctor', 'sluice doctor -f shop-2.yaml'))
    .action((_options: DoctorOptions, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>();
      return run(options, async () => {
        const manifest = options.file === undefined ? undefined : await readManifestFile(...manifestFiles([], options));
        return report(await examine(manifest));
      });
    });
}

/** Whatever keeps the doctor from looking on is a finding as well. */
async function examine(manifest: ManifestFile | undefined): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  try {
    await withTemporal(async (temporal) => {
      const facts = await readTemporalFacts(temporal);
      findings.push(...judgeTemporal(facts));
      // Without one the question would only wait.
      if (facts.pollers.length > 0) findings.push(...(await examineByWorker(temporal, manifest)));
    });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    findings.push(broken(error.exit === 'unreachable' ? 'Temporal' : 'doctor', error.message, error.remedy));
  }
  return findings;
}

async function examineByWorker(temporal: Temporal, manifest: ManifestFile | undefined): Promise<readonly Finding[]> {
  const from = Date.now();
  try {
    const facts = await ask(temporal, {
      question: 'checkup',
      about: manifest === undefined ? 'everything' : describeRelease(manifest.request),
      asked: manifest === undefined ? {} : { manifest: manifest.manifest },
    });
    const { service } = facts;
    return [
      ...judgeWorker(facts, { from, to: Date.now() }),
      ...(manifest === undefined || service === undefined ? [] : judgeRelease(manifest.request, service)),
    ];
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return [broken('worker', error.message, error.remedy)];
  }
}

function report(findings: readonly Finding[]): Report<DoctorReport> {
  const healthy = findings.every(({ verdict }) => verdict !== 'broken');
  return { exit: healthy ? 'released' : 'refused', document: { healthy, findings }, text: findingsText(findings) };
}
