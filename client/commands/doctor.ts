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
    .argument('[manifest...]', 'look at what a release of this manifest would touch, too; several are merged')
    .summary('look for what would keep a release from going well; changes nothing')
    .description(
      'look for what would keep a release from going well: Temporal, workers, the ledger, AWS, and with a manifest everything it names; changes nothing, and exits with 3 when something is broken, with 6 when Temporal does not answer',
    )
    .option('-f, --file <manifest...>', 'the same as an option')
    .addHelpText('after', examples('sluice doctor', 'sluice doctor shop-2.yaml'))
    .action((named: string[], _options: DoctorOptions, command: Command) => {
      const options = command.optsWithGlobals<DoctorOptions>();
      return run(options, async () => {
        const manifest =
          named.length === 0 && options.file === undefined
            ? undefined
            : await readManifestFile(...manifestFiles(named, options));
        return report(await examine(manifest));
      });
    });
}

interface Examination {
  readonly findings: readonly Finding[];
  /** Temporal did not answer, so that nothing else could be looked at. */
  readonly unreachable: boolean;
}

/** Whatever keeps the doctor from looking on is a finding as well. */
async function examine(manifest: ManifestFile | undefined): Promise<Examination> {
  let unreachable = false;
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
    unreachable = error.exit === 'unreachable';
    findings.push(broken(unreachable ? 'Temporal' : 'doctor', error.message, error.remedy));
  }
  return { findings, unreachable };
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

function report({ findings, unreachable }: Examination): Report<DoctorReport> {
  const healthy = findings.every(({ verdict }) => verdict !== 'broken');
  const exit = unreachable ? 'unreachable' : healthy ? 'released' : 'refused';
  return { exit, document: { healthy, findings }, text: findingsText(findings) };
}
