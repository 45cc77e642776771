import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type ManifestProblem, manifestHash, parseManifest } from '../activities/admission/request-schema.js';
import type { MigrationFile } from '../domain/migration.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import { ClientError, refusal } from './client-error.js';
import type { LocatedProblem } from './located-problem.js';
import { type MigrationFolder, decodeText, readMigrationFolder } from './migration-folder.js';
import { type YamlDocument, readYaml } from './yaml-document.js';

const manifestBytesLimit = 1024 * 1024;

/** A manifest that may be submitted. */
export interface ManifestFile {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly request: ReleaseRequest;
  readonly hash: string;
}

/** Reads a manifest and its migration folder. Throws `manifest-invalid` with every problem at once. */
export async function readManifestFile(file: string): Promise<ManifestFile> {
  const yaml = await readManifestYaml(file);
  const { folder, files: migrations, problems: unreadable } = await readMigrations(file, yaml);
  const parsed = parseManifest({ manifest: yaml.data, migrations });
  const problems = [...unreadable, ...('problems' in parsed ? parsed.problems.map((it) => locate(it)) : [])];
  if ('problems' in parsed || problems.length > 0) throw invalid(file, problems);
  return {
    manifest: yaml.data,
    migrations,
    request: parsed.request,
    hash: manifestHash({ manifest: yaml.data, migrations }),
  };

  function locate(problem: ManifestProblem): LocatedProblem {
    const [section, key, migration] = problem.path;
    if (section === 'database' && key === 'migrations' && typeof migration === 'string' && folder !== undefined) {
      return { file: path.join(folder, migration), line: 1, column: 1, path: '', message: problem.message };
    }
    return { file, ...yaml.positionOf(problem), path: problem.path.join('.'), message: problem.message };
  }
}

/** The document alone, whatever it says: for commands that only need the names in it. */
export async function readManifestYaml(file: string): Promise<YamlDocument> {
  const source = await readText(file);
  const yaml = readYaml(source);
  if ('problems' in yaml)
    throw invalid(
      file,
      yaml.problems.map((problem) => ({ file, path: '', ...problem })),
    );
  return yaml;
}

async function readText(file: string): Promise<string> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw notReadable(file, error.code === 'ENOENT' ? 'there is none' : error.message);
  });
  if (!found.isFile()) throw notReadable(file, found.isDirectory() ? 'this is a folder' : 'this is no ordinary file');
  const refuse = (message: string) => invalid(file, [{ file, line: 1, column: 1, path: '', message }]);
  if (found.size > manifestBytesLimit) {
    throw refuse(`expected at most ${manifestBytesLimit} bytes of YAML, found ${found.size}`);
  }
  const bytes = await readFile(file).catch((error: Error) => {
    throw notReadable(file, error.message);
  });
  const source = decodeText(bytes);
  if (source === undefined) throw refuse('expected a text in UTF-8, found binary data');
  return source;
}

async function readMigrations(
  file: string,
  yaml: YamlDocument,
): Promise<{ folder?: string; files: readonly MigrationFile[]; problems: readonly LocatedProblem[] }> {
  const relative = migrationsPath(yaml.data);
  if (relative === undefined) return { files: [], problems: [] };
  const folder = path.join(path.dirname(file), relative);
  const here = { file, ...yaml.positionOf({ path: ['database', 'migrations'] }), path: 'database.migrations' };
  const read = await readMigrationFolder(folder).catch((error: NodeJS.ErrnoException): MigrationFolder | string =>
    error.code === 'ENOENT' ? 'there is none' : error.message,
  );
  if (typeof read === 'string') {
    return { folder, files: [], problems: [{ ...here, message: `expected the folder ${folder}, but ${read}` }] };
  }
  const problems = read.problems.map((problem) => ({ ...problem, line: 1, column: 1, path: '' }));
  return { folder, files: read.files, problems };
}

function migrationsPath(manifest: unknown): string | undefined {
  const { database } = (manifest ?? {}) as { database?: { migrations?: unknown } | null };
  return typeof database?.migrations === 'string' && !path.isAbsolute(database.migrations)
    ? database.migrations
    : undefined;
}

function invalid(file: string, problems: readonly LocatedProblem[]): ClientError {
  const ordered = problems.toSorted(
    (a, b) => Number(a.file !== file) - Number(b.file !== file) || a.line - b.line || a.column - b.column,
  );
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return refusal('manifest-invalid', `${file} has ${count}; nothing was started`, ordered);
}

function notReadable(file: string, found: string): ClientError {
  return new ClientError({
    exit: 'usage',
    message: `expected the manifest ${file}, but ${found}`,
    remedy: 'Name a YAML file that can be read.',
  });
}
