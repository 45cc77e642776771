import { stat } from 'node:fs/promises';
import path from 'node:path';
import { migrationBytesLimit } from '../activities/admission/request-schema.js';
import { parseCallbackName, scriptOfConfig, settingsFile } from '../domain/flyway/companions.js';
import { unknownFacts } from '../domain/flyway/placeholders.js';
import { readyFiles } from '../domain/flyway/ready-files.js';
import type { LintInput, LintOrder } from '../domain/lint/finding.js';
import {
  type MigrationFile,
  type MigrationPhase,
  compareMigrationVersions,
  migrationPhases,
  parseMigrationName,
} from '../domain/migration.js';
import { ClientError } from './client-error.js';
import { readUpTo } from './manifest-source.js';
import { type FileProblem, decodeText, readMigrationFolder } from './migration-folder.js';

interface InputOptions {
  readonly dir?: string;
  readonly phase?: MigrationPhase;
}

/** What is to be linted, in the order in which it would be run. Refuses what is no text, and more than a release may have. */
export async function readLintInputs(
  files: readonly string[],
  { dir, phase }: InputOptions,
): Promise<Pick<LintOrder, 'inputs' | 'operations'>> {
  if (dir !== undefined && files.length === 0 && phase === undefined) return readFolder(dir);
  if (dir === undefined && files.length > 0) return { inputs: await readFiles(files, phase) };
  throw new ClientError({
    exit: 'usage',
    message: `expected either --dir or SQL files${dir === undefined ? ', found none' : ', found --dir with more'}`,
    remedy: 'Say `sluice db lint --dir migrations/v2`, or `sluice db lint --phase expand add_names.sql`.',
  });
}

async function readFolder(dir: string): Promise<Pick<LintOrder, 'inputs' | 'operations'>> {
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error || !found.isDirectory()) {
    throw unreadable(dir, 'a folder', found instanceof Error ? found : undefined);
  }
  const { files, operations, problems } = await readMigrationFolder(dir);
  if (problems.length > 0) throw refused(problems);
  if (operations.length > 0) return { inputs: [], operations: { folder: dir, files: operations } };
  if (files.length === 0) throw refused([{ file: dir, message: 'expected SQL files in its folders, found none' }]);
  const ready = readyFiles(files, unknownFacts);
  const unready = ready.problems.flatMap(({ file: { phase, name }, line, message }) =>
    line === undefined ? [] : [{ file: path.join(dir, phase, name), line, message }],
  );
  if (unready.length > 0) throw refused(unready);
  const linted = ready.files.filter(({ name }) => name !== settingsFile && scriptOfConfig(name) === undefined);
  return {
    inputs: linted.toSorted(inOrder).map(({ name, sql, phase }) => ({ file: path.join(dir, phase, name), phase, sql })),
  };
}

/** By phase and version between the callbacks, the undo files behind; those with another name are last. */
function inOrder(a: MigrationFile, b: MigrationFile): number {
  const [left, right] = [parseMigrationName(a.name), parseMigrationName(b.name)];
  const byPhase = migrationPhases.indexOf(a.phase) - migrationPhases.indexOf(b.phase);
  const byKind = Number(left?.kind === 'undo') - Number(right?.kind === 'undo');
  const byName = placeOf(a) - placeOf(b);
  return byPhase || byName || byKind || (left && right ? compareMigrationVersions(left.version, right.version) : 0);
}

function placeOf({ name }: MigrationFile): number {
  if (parseMigrationName(name) !== undefined) return 0;
  return parseCallbackName(name)?.startsWith('before') === true ? -1 : 1;
}

async function readFiles(files: readonly string[], phase: MigrationPhase | undefined): Promise<LintInput[]> {
  const inputs: LintInput[] = [];
  const problems: FileProblem[] = [];
  let room = migrationBytesLimit;
  for (const file of files) {
    // Asked before it is opened: to open a pipe waits for whoever writes into it.
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
    if (found instanceof Error || !found.isFile()) {
      throw unreadable(file, 'a file', found instanceof Error ? found : undefined);
    }
    const bytes = await readUpTo(file, room + 1);
    const sql = decodeText(bytes);
    if (bytes.length > room) {
      problems.push({
        file,
        message: `expected at most ${migrationBytesLimit} bytes of SQL in all, found more with this one`,
      });
    } else if (sql === undefined) {
      problems.push({ file, message: 'expected a text in UTF-8, found binary data' });
    } else {
      room -= bytes.length;
      const within = path.basename(path.dirname(path.resolve(file)));
      const ofFolder = migrationPhases.find((each) => each === within);
      const runAs = phase ?? ofFolder;
      inputs.push({ file, sql, ...(runAs === undefined ? {} : { phase: runAs }) });
    }
  }
  if (problems.length > 0) throw refused(problems);
  return inputs;
}

function unreadable(file: string, expected: string, error: NodeJS.ErrnoException | undefined): ClientError {
  const found = error === undefined ? 'something else' : error.code === 'ENOENT' ? 'nothing' : error.message;
  return new ClientError({
    exit: 'usage',
    message: `expected ${expected} at ${file}, found ${found}`,
    remedy: 'Name what there is to be linted.',
  });
}

function refused(problems: readonly (FileProblem & { readonly line?: number })[]): ClientError {
  return new ClientError({
    exit: 'refused',
    message: `${problems.length === 1 ? 'a file' : `${problems.length} files`} cannot be read; nothing was linted`,
    remedy: 'Mend what is named above.',
    problems: problems.map(({ file, line = 1, message }) => ({ file, line, column: 1, path: '', message })),
  });
}
