import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LintOrder, LintReport } from '../../../domain/lint/finding.js';
import { type MigrationPhase, migrationPhases } from '../../../domain/migration.js';
import { ClientError } from '../../client-error.js';
import { examples } from '../../examples.js';
import { lintAnnotations } from '../../lint-annotations.js';
import { lintDatabase } from '../../lint-database.js';
import { readLintInputs } from '../../lint-inputs.js';
import { lintSarif } from '../../lint-sarif.js';
import { lintText } from '../../lint-text.js';
import type { Report } from '../../reports.js';
import { type GlobalOptions, run } from '../../run.js';
import { askSchema } from '../../schema-run.js';
import type { DatabaseWork } from './work.js';

const formats = ['text', 'json', 'github', 'sarif'] as const;

interface LintOptions extends GlobalOptions {
  readonly dir?: string;
  readonly phase?: MigrationPhase;
  readonly format: (typeof formats)[number];
  readonly url?: string;
  readonly dryRun?: boolean;
  readonly postgresVersion?: number;
}

export function registerDbLint(group: Command, load: () => Promise<Pick<DatabaseWork, 'lint'>>): void {
  group
    .command('lint')
    .summary('say what of a schema change would hurt a running service')
    .description(
      'say what of a schema change would hurt a running service: locks, rewrites, what the old version does not survive; exits with 3 when there are errors',
    )
    .argument('[file...]', 'SQL files; the phase is the folder’s name, or --phase')
    .option('--dir <folder>', 'a folder with expand/, backfill/ and contract/, or with files of operations')
    .addOption(new Option('--phase <phase>', 'what the files are run as').choices(migrationPhases))
    .addOption(new Option('--format <format>', 'how it is printed').choices(formats).default('text'))
    .option('--url <url>', 'the database, for sizes and dependents (default: DATABASE_URL, or PGHOST and the like)')
    .option('--dry-run', 'run the files on a copy of the schema, and report the locks and rewrites')
    .option('--postgres-version <major>', 'the server it is for, without a database (default: 14)', majorVersion)
    .addHelpText(
      'after',
      examples(
        'sluice db lint --dir migrations/v2',
        'sluice db lint --phase expand add_names.sql --postgres-version 16',
        'sluice db lint --dir migrations/v2 --url postgres://localhost/shop --dry-run',
        'sluice db lint --dir migrations/v2 --format sarif > lint.sarif',
      ),
    )
    .action((named: string[], _options: LintOptions, command: Command) => {
      const options = command.optsWithGlobals<LintOptions>();
      return run({ json: options.json === true || options.format === 'json' }, async () => {
        const inputs = await readLintInputs(named, options);
        const database = lintDatabase(options, process.env);
        const { lint } = await load();
        const { postgresVersion } = options;
        const order: LintOrder = {
          ...inputs,
          ...(postgresVersion === undefined ? {} : { postgresVersion }),
          ...(database === undefined ? {} : { database }),
        };
        return reported(await askSchema(() => lint(order)), options);
      });
    });
}

function reported(report: LintReport, { format, json }: LintOptions): Report<LintReport> {
  if (json === true && !['text', 'json'].includes(format)) {
    throw new ClientError({
      exit: 'usage',
      message: `expected one format, found --json and --format ${format}`,
      remedy: 'Leave one of them out.',
    });
  }
  const text = { text: lintText, json: lintText, github: lintAnnotations, sarif: lintSarif }[format](report);
  const exit = report.findings.some(({ severity }) => severity === 'error') ? 'refused' : 'released';
  return { exit, document: report, text };
}

function majorVersion(text: string): number {
  const version = Number(text);
  if (/^\d+$/.test(text) && version >= 10 && version <= 99) return version;
  throw new InvalidArgumentError('expected a major version of Postgres from 10, such as 16.');
}
