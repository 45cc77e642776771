import { isStatements } from '../../domain/flyway/companions.js';
import { fileProblems } from '../../domain/flyway/ready-files.js';
import {
  type MigrationFile,
  type MigrationName,
  compareMigrationVersions,
  migrationPhases,
  parseMigrationName,
} from '../../domain/migration.js';
import type { ManifestProblem } from './manifest-problem.js';

/** A release's SQL travels in one message, whose size Temporal limits. */
export const migrationBytesLimit = 512 * 1024;

type Named = MigrationFile & MigrationName;

/** What can be said about the migration files without reading the database. Paths end in `<phase>/<name>`. */
export function checkMigrationSet(files: readonly MigrationFile[]): ManifestProblem[] {
  const named = files.flatMap((file) => {
    const parsed = parseMigrationName(file.name);
    return parsed === undefined ? [] : [{ ...file, ...parsed }];
  });
  return [
    ...files.flatMap(checkFile),
    ...fileProblems(files).map(({ file, line, message }) =>
      problem(file, line === undefined ? message : `line ${line}: ${message}`),
    ),
    ...migrationPhases.flatMap((phase) => checkVersions(named.filter((file) => file.phase === phase))),
    ...checkUndos(named),
    ...checkSize(files),
  ];
}

function checkFile(file: MigrationFile): ManifestProblem[] {
  const problems: string[] = [];
  if (!migrationPhases.includes(file.phase)) {
    problems.push(`expected a folder named ${migrationPhases.join(', ')}, found ${JSON.stringify(file.phase)}`);
  }
  const parsed = parseMigrationName(file.name);
  if (parsed?.kind === 'undo' && file.phase !== 'expand') {
    problems.push('undo files belong in expand/: going back undoes expand alone');
  }
  if (isStatements(file) && file.sql.trim() === '') problems.push('expected SQL, found an empty file');
  return problems.map((message) => problem(file, message));
}

function checkVersions(files: readonly Named[]): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const ordered = files.toSorted(
    (a, b) => compareMigrationVersions(a.version, b.version) || compareText(a.name, b.name),
  );
  for (const kind of ['versioned', 'undo'] as const) {
    const ofKind = ordered.filter((file) => file.kind === kind);
    for (const [i, file] of ofKind.entries()) {
      const previous = ofKind[i - 1];
      if (previous === undefined || compareMigrationVersions(previous.version, file.version) !== 0) continue;
      problems.push(
        problem(file, `has the same version as ${previous.name} in ${file.phase}/; give one of them another`),
      );
    }
  }
  return problems;
}

function checkUndos(files: readonly Named[]): ManifestProblem[] {
  const expand = files.filter((file) => file.phase === 'expand');
  const partner = (file: Named) =>
    expand.some((other) => other.kind !== file.kind && compareMigrationVersions(other.version, file.version) === 0);
  return expand
    .filter((file) => !partner(file))
    .map((file) =>
      file.kind === 'undo'
        ? problem(file, `undoes nothing: expand/ has no V${file.version}__….sql`)
        : problem(
            file,
            `cannot be taken back: add expand/${file.name.replace(/^V/, 'U')} with the statements that undo it`,
          ),
    );
}

function checkSize(files: readonly MigrationFile[]): ManifestProblem[] {
  const bytes = files.reduce((sum, file) => sum + Buffer.byteLength(file.sql), 0);
  if (bytes <= migrationBytesLimit) return [];
  const message = `expected at most ${migrationBytesLimit} bytes of migration files in all, found ${bytes}`;
  return [{ path: ['database', 'migrations'], message }];
}

function problem(file: MigrationFile, message: string): ManifestProblem {
  return { path: ['database', 'migrations', `${file.phase}/${file.name}`], message };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
