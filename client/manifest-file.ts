import path from 'node:path';
import {
  type ManifestProblem,
  fillManifest,
  manifestHash,
  parseManifest,
  without,
} from '../activities/admission/request-schema.js';
import type { MigrationFile, MigrationFiles, OperationFile } from '../domain/migration.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import { type ClientError, refusal } from './client-error.js';
import type { LocatedProblem } from './located-problem.js';
import { type MergedManifest, mergeDocuments } from './manifest-merge.js';
import { readSource } from './manifest-source.js';
import { type MigrationFolder, readMigrationFolder } from './migration-folder.js';

/** A manifest that may be submitted. */
export interface ManifestFile {
  /** What is submitted: all documents in one, with the environment filled in. */
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
  readonly request: ReleaseRequest;
  readonly hash: string;
}

/** A file, or several that are merged in this order. */
export type ManifestFiles = readonly [string, ...string[]];

/** Reads a manifest and its migration folder. Throws `manifest-invalid` with every problem at once. */
export async function readManifestFile(...files: ManifestFiles): Promise<ManifestFile> {
  const { merged, unread } = await readMerged(files);
  const { manifest, problems: unfilled } = fillManifest(merged.data, process.env);
  const { folder, files: migrations, operations: named, problems: unreadable } = await readMigrations(merged);
  const operations = named.length === 0 ? {} : { operations: named };
  const content = { manifest, migrations, ...operations };
  const parsed = parseManifest(content, await checkOperations(content));
  const said = 'problems' in parsed ? without(parsed.problems, unfilled) : [];
  const problems = [...unread, ...merged.problems, ...unreadable, ...[...unfilled, ...said].map(locate)];
  if ('problems' in parsed || problems.length > 0) throw invalid(files, problems);
  return { ...content, request: parsed.request, hash: manifestHash(content) };

  function locate(problem: ManifestProblem): LocatedProblem {
    const [section, key, migration] = problem.path;
    if (section === 'database' && key === 'migrations' && typeof migration === 'string' && folder !== undefined) {
      const { line, column } = problem.place ?? { line: 1, column: 1 };
      return { file: path.join(folder, migration), line, column, path: '', message: problem.message };
    }
    return merged.locate(problem);
  }
}

/** What reads operations is loaded where there are some: their kinds are many. */
async function checkOperations(content: MigrationFiles): Promise<readonly ManifestProblem[]> {
  if (content.operations === undefined) return [];
  const { checkOperationSet } = await import('../activities/admission/operation-set.js');
  return checkOperationSet(content);
}

/** The manifest alone, whatever it says: for commands that only need the names in it. */
export async function readManifestNames(...files: ManifestFiles): Promise<unknown> {
  const { merged, unread } = await readMerged(files);
  if (unread.length > 0) throw invalid(files, unread);
  const { manifest, problems } = fillManifest(merged.data, process.env);
  const unnamed = problems.filter(({ path: [key] }) => key === 'version');
  if (unnamed.length > 0) throw invalid(files, unnamed.map(merged.locate));
  return manifest;
}

interface Read {
  readonly merged: MergedManifest;
  /** What is no YAML as it should be, in files that say clearly what they mean. */
  readonly unread: readonly LocatedProblem[];
}

async function readMerged(files: ManifestFiles): Promise<Read> {
  const sources = await Promise.all(files.map(readSource));
  const unread = sources.flatMap(({ problems }) => problems);
  if (sources.some(({ documents }) => documents.length === 0)) throw invalid(files, unread);
  const merged = mergeDocuments(sources.flatMap(({ documents }) => documents));
  if (merged.data === undefined) throw invalid(files, [...unread, ...merged.problems]);
  return { merged, unread };
}

/** Of the folder beside the file that names it. */
async function readMigrations(
  merged: MergedManifest,
): Promise<Omit<MigrationFolder, 'problems'> & { folder?: string; problems: readonly LocatedProblem[] }> {
  const place = ['database', 'migrations'];
  const relative = migrationsPath(merged.data);
  if (relative === undefined) return { files: [], operations: [], problems: [] };
  const folder = path.join(path.dirname(merged.sourceOf(place).file), relative);
  const read = await readMigrationFolder(folder).catch((error: NodeJS.ErrnoException): MigrationFolder | string =>
    error.code === 'ENOENT' ? 'there is none' : error.message,
  );
  if (typeof read === 'string') {
    const message = `expected the folder ${folder}, but ${read}`;
    return { folder, files: [], operations: [], problems: [merged.locate({ path: place, message })] };
  }
  const problems = read.problems.map((problem) => ({ ...problem, line: 1, column: 1, path: '' }));
  return { folder, files: read.files, operations: read.operations, problems };
}

function migrationsPath(manifest: unknown): string | undefined {
  const { database } = (manifest ?? {}) as { database?: { migrations?: unknown } | null };
  return typeof database?.migrations === 'string' && !path.isAbsolute(database.migrations)
    ? database.migrations
    : undefined;
}

/** In the order of the files, those of the migrations last. */
function invalid(files: ManifestFiles, problems: readonly LocatedProblem[]): ClientError {
  const place = (file: string) => (files.includes(file) ? files.indexOf(file) : files.length);
  const ordered = problems.toSorted((a, b) => place(a.file) - place(b.file) || a.line - b.line || a.column - b.column);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const verb = files.length === 1 ? 'has' : 'have';
  return refusal('manifest-invalid', `${files.join(', ')} ${verb} ${count}; nothing was started`, ordered);
}
