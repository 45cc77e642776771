import type { Command } from 'commander';
import { durationText } from '../../domain/duration.js';
import { describeRelease } from '../../domain/lane.js';
import { type MigrationPhase, migrationPhases } from '../../domain/migration.js';
import { examples } from '../examples.js';
import { type ManifestOptions, manifestFiles, takeManifests } from '../manifest-arguments.js';
import { type ManifestFile, type ManifestFiles, readManifestFile } from '../manifest-file.js';
import { openPointsIn } from '../open-points.js';
import type { OpenPoint, Report, ValidationReport } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';

type ValidateOptions = GlobalOptions & ManifestOptions;

export function registerValidate(program: Command): void {
  takeManifests(program.command('validate'))
    .description('read a manifest as `release` would, and say how it was understood; asks no server')
    .addHelpText(
      'after',
      examples('sluice validate shop-2.yaml', 'sluice validate -f shop-defaults.yaml -f shop-2.yaml --json'),
    )
    .action((named: string[], _options: ValidateOptions, command: Command) => {
      const options = command.optsWithGlobals<ValidateOptions>();
      return run(options, async () => {
        const files = manifestFiles(named, options);
        const manifest = await readManifestFile(...files);
        return validated(files, manifest, await openPointsIn(files));
      });
    });
}

function validated(
  files: ManifestFiles,
  { request, hash }: ManifestFile,
  open: ValidationReport['open'],
): Report<ValidationReport> {
  const { lane, version, image, workload, canary, database } = request;
  const ofPhase = (phase: MigrationPhase) =>
    (database?.migrations ?? []).filter((file) => file.phase === phase).map(({ name }) => name);
  const document: ValidationReport = {
    ...lane,
    version,
    manifestHash: hash,
    files,
    image,
    desiredCount: workload.desiredCount,
    canary: canary.steps,
    migrations: { expand: ofPhase('expand'), backfill: ofPhase('backfill'), contract: ofPhase('contract') },
    operations: (database?.operations ?? []).map(({ name }) => name),
    open,
  };
  return { exit: 'released', document, text: validationText(document) };
}

function validationText(report: ValidationReport): string {
  const {
    environment,
    service,
    version,
    files,
    image,
    desiredCount,
    canary,
    migrations,
    operations,
    manifestHash,
    open,
  } = report;
  const name = describeRelease({ lane: { environment, service }, version });
  const rows = [
    ['service', service],
    ['environment', environment],
    ['version', version],
    ['image', image],
    ['tasks', String(desiredCount)],
    ['canary', canary.map(({ weight, bakeMs }) => `${weight} % for ${durationText(bakeMs)}`).join(', ')],
    ...(operations.length > 0
      ? [['operations', operations.join(', ')]]
      : migrationPhases.map((phase) => [phase, migrations[phase].join(', ') || 'no files'])),
    ['hash', manifestHash],
  ];
  const lines = rows.map(([what = '', is = '']) => `  ${what.padEnd(13)}${is}`);
  const marked = open.length === 0 ? [] : ['still marked with CHANGE:', ...open.map(openText)];
  return [`${files.join(', ')} can be released as ${name}; nothing was started`, ...lines, ...marked].join('\n');
}

function openText({ file, line, open }: OpenPoint): string {
  return `  ${file}:${line}: ${open}`;
}
