import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { brakeNames, type BrakeLimits, describeBrakeLimit, readBrakeLimit } from '../domain/brake-limits.js';
import type { SchemaOrder } from '../domain/schema-change.js';
import { ClientError } from './client-error.js';
import { requireDatabaseUrl } from './database-url.js';
import { readMigrationFolder } from './migration-folder.js';
import type { GlobalOptions } from './run.js';

export interface SchemaOptions extends GlobalOptions {
  readonly dir: string;
  readonly url?: string;
  readonly lockTimeout: number;
  readonly patience: number;
  readonly oldSessions?: string;
  readonly brake?: Partial<BrakeLimits>;
}

/** The options of every command that looks at, or changes, a schema by the files of a folder. */
export function withSchemaOptions(command: Command): Command {
  return command
    .requiredOption('--dir <folder>', 'the folder with expand/, backfill/ and contract/, or with files of operations')
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addOption(lockTimeoutOption())
    .addOption(patienceOption());
}

export function lockTimeoutOption(): Option {
  return new Option('--lock-timeout <ms>', 'what one attempt at a lock may hold others up')
    .argParser(wholeNumber)
    .default(200);
}

export function patienceOption(): Option {
  return new Option('--patience <seconds>', 'how long locks are tried for').argParser(wholeNumber).default(60);
}

export function brakeOption(): Option {
  return new Option(
    '--brake <name=limit>',
    `what is waited for before a batch of a backfill, or before a strong lock (standbyQueries), such as replicaBytes=64MB or vacuum=off: ${brakeNames.join(', ')}`,
  ).argParser((text: string, before: Partial<BrakeLimits> = {}) => ({ ...before, ...brakeIn(text) }));
}

function brakeIn(text: string): Partial<BrakeLimits> {
  const [, word, limit = ''] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  const name = brakeNames.find((known) => known === word);
  if (name === undefined) throw new InvalidArgumentError(`expected one of ${brakeNames.join(', ')} with its limit.`);
  const read = readBrakeLimit(name, limit);
  if (read === undefined) throw new InvalidArgumentError(`expected ${name} to be ${describeBrakeLimit(name)}.`);
  return { [name]: read };
}

export async function readSchemaOrder(options: SchemaOptions): Promise<SchemaOrder> {
  const { dir, url, lockTimeout, patience, brake, oldSessions } = options;
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error || !found.isDirectory()) {
    const what = found instanceof Error ? (found.code === 'ENOENT' ? 'nothing' : found.message) : 'something else';
    throw new ClientError({
      exit: 'usage',
      message: `expected a folder at ${dir}, found ${what}`,
      remedy: 'Name the folder that holds expand/, backfill/ and contract/, or files of operations.',
    });
  }
  const { files, operations, problems } = await readMigrationFolder(dir);
  const isEmpty = files.length === 0 && operations.length === 0;
  if (problems.length > 0 || isEmpty) {
    throw new ClientError({
      exit: 'refused',
      message:
        isEmpty && problems.length === 0
          ? `${dir} has neither SQL files nor files of operations`
          : `${dir} cannot be read`,
      remedy: 'Mend what is named, and run it again: nothing was changed.',
      problems: problems.map(({ file, message }) => ({ file, line: 1, column: 1, path: '', message })),
    });
  }
  return {
    url: requireDatabaseUrl(url, process.env),
    files,
    operations,
    lockTimeoutMs: lockTimeout,
    lockPatienceMs: patience * 1_000,
    ...(brake === undefined ? {} : { brakes: brake }),
    ...(oldSessions === undefined ? {} : { oldSessions }),
  };
}

function wholeNumber(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number.');
}
