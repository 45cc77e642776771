import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SchemaOrder } from '../domain/schema-change.js';
import { isTuned } from '../domain/tuning.js';
import { ClientError } from './client-error.js';
import { requireDatabaseUrl } from './database-url.js';
import { readMigrationFolder } from './migration-folder.js';
import type { GlobalOptions } from './run.js';
import { type TuningOptions, tuningIn } from './tuning-options.js';

export interface SchemaOptions extends GlobalOptions, TuningOptions {
  readonly dir?: string;
  readonly url?: string;
  readonly lockTimeout: number;
  readonly patience: number;
  readonly oldSessions?: string;
  /** Milliseconds. */
  readonly keep?: number;
}

/** The options of every command that looks at, or changes, a schema by the files of a folder. */
export function withSchemaOptions(command: Command, { dir = 'required' }: WhetherDir = {}): Command {
  const folder = new Option(
    '--dir <folder>',
    'the folder with expand/, backfill/ and contract/, or with files of operations',
  );
  return command
    .addOption(folder.makeOptionMandatory(dir === 'required'))
    .option('--url <url>', 'the database (default: DATABASE_URL, or PGHOST and the like)')
    .addOption(lockTimeoutOption())
    .addOption(patienceOption());
}

interface WhetherDir {
  /** `optional`: it is asked for where it is read. */
  readonly dir?: 'required' | 'optional';
}

export function lockTimeoutOption(): Option {
  return new Option('--lock-timeout <ms>', 'what one attempt at a lock may hold others up')
    .argParser(wholeNumber)
    .default(200);
}

export function patienceOption(): Option {
  return new Option('--patience <seconds>', 'how long locks are tried for').argParser(wholeNumber).default(60);
}

export function keepOption(): Option {
  return new Option(
    '--keep <duration>',
    'of operations: keep what would be dropped for so long, such as 14d; `sluice db purge` drops it then',
  )
    .argParser(keepDuration)
    .conflicts(['soft', 'reopen']);
}

function keepDuration(text: string): number {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0) {
    throw new InvalidArgumentError('expected a time such as 90m, 12h or 14d.');
  }
  const minutes = { m: 1, h: 60, d: 24 * 60 }[unit as 'm' | 'h' | 'd'];
  return Number(count) * minutes * 60_000;
}

export async function readSchemaOrder(options: SchemaOptions): Promise<SchemaOrder> {
  const { url, lockTimeout, patience, oldSessions, keep } = options;
  const dir = requireDir(options);
  const effort = tuningIn(options);
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
    ...(isTuned(effort) ? { effort } : {}),
    ...(oldSessions === undefined ? {} : { oldSessions }),
    ...(keep === undefined ? {} : { keepForMs: keep }),
  };
}

function requireDir({ dir }: SchemaOptions): string {
  if (dir !== undefined) return dir;
  throw new ClientError({
    exit: 'usage',
    message: 'expected --dir with the folder of the change, found none',
    remedy: 'Name the folder that holds expand/, backfill/ and contract/, or files of operations.',
  });
}

function wholeNumber(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number.');
}
