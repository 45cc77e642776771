import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BaselineOrder, SchemaBaseline } from '../../../domain/schema-change.js';
import { ClientError } from '../../client-error.js';
import { colours } from '../../colours.js';
import { confirm } from '../../confirm.js';
import { requireDatabaseUrl } from '../../database-url.js';
import { examples } from '../../examples.js';
import { type GlobalOptions, run } from '../../run.js';
import { lockTimeoutOption, patienceOption } from '../../schema-order.js';
import { runSchema } from '../../schema-run.js';
import type { LoadDatabaseWork } from './work.js';

interface BaselineOptions extends GlobalOptions {
  readonly flyway?: string;
  readonly operations?: string;
  readonly url?: string;
  readonly lockTimeout: number;
  readonly patience: number;
  readonly yes?: boolean;
}

export function registerDbBaseline(group: Command, load: LoadDatabaseWork): void {
  group
    .command('baseline')
    .summary('take over a database that has a schema already')
    .description(
      'take over a database that has a schema already, as the first of its history; for SQL a row of flyway_schema_history, as Flyway’s baseline writes it; for operations a version with views of what is there',
    )
    .addOption(new Option('--flyway <version>', 'for SQL: all files up to this version were run').argParser(version))
    .addOption(new Option('--operations <name>', 'for operations: what this version is called').argParser(name))
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addOption(lockTimeoutOption())
    .addOption(patienceOption())
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'sluice db baseline --flyway 1 --url postgres://localhost/shop',
        'sluice db baseline --operations 00_before --url postgres://localhost/shop',
      ),
    )
    .action((_options: BaselineOptions, command: Command) => {
      const options = command.optsWithGlobals<BaselineOptions>();
      return run(options, async () => {
        const order = readOrder(options);
        const { standalone } = await load();
        await confirm(foretell(order), options);
        const done = await runSchema(options, (watched) => standalone.baseline(order, watched));
        return { exit: 'released', document: done, text: baselineText(done) };
      });
    });
}

function readOrder({ flyway, operations, url, lockTimeout, patience }: BaselineOptions): BaselineOrder {
  const both = flyway !== undefined && operations !== undefined;
  const named = flyway ?? operations;
  if (both || named === undefined) {
    throw new ClientError({
      exit: 'usage',
      message: `expected either --flyway or --operations, found ${both ? 'both' : 'neither'}`,
      remedy: 'Say --flyway 1 when you write SQL in phase folders, --operations 00_before when you write operations.',
    });
  }
  return {
    url: requireDatabaseUrl(url, process.env),
    of: flyway === undefined ? 'operations' : 'sql',
    version: named,
    lockTimeoutMs: lockTimeout,
    lockPatienceMs: patience * 1_000,
  };
}

function foretell({ of, version }: BaselineOrder): readonly string[] {
  return of === 'sql'
    ? [`Will write to flyway_schema_history that all files up to version ${version} were run.`]
    : [`Will make the version ${version}, with a view of every table that is there; the tables stay as they are.`];
}

function baselineText({ schema, version, searchPath }: SchemaBaseline): string {
  const text = `baseline: ${version} of schema ${schema}`;
  return searchPath === undefined
    ? text
    : `${text}\n${version}: a service that works with it sets ${colours.bold(`search_path = ${searchPath}`)}`;
}

function version(text: string): string {
  if (/^\d+([._]\d+)*$/.test(text) && text.length <= 50) return text.replaceAll('_', '.');
  throw new InvalidArgumentError('expected a version as Flyway counts, such as 1 or 2.1.');
}

function name(text: string): string {
  if (/^[A-Za-z0-9][\w-]*$/.test(text)) return text;
  throw new InvalidArgumentError('expected a name of letters, digits, _ and -, such as 00_before.');
}
