import type { Dirent } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { migrationBytesLimit } from '../activities/admission/request-schema.js';
import { parseCallbackName, settingsFile } from '../domain/flyway/companions.js';
import {
  isOperationFile,
  type MigrationFile,
  type MigrationPhase,
  migrationPhases,
  type OperationFile,
} from '../domain/migration.js';

const problemLimit = 50;

export interface MigrationFolder {
  readonly files: readonly MigrationFile[];
  /** Instead of `files`. */
  readonly operations: readonly OperationFile[];
  readonly problems: readonly FileProblem[];
}

export interface FileProblem {
  readonly file: string;
  readonly message: string;
}

/**
 * Reads expand/, backfill/ and contract/ of a folder and Flyway's settings beside them, or its files of operations; names that begin with a dot are left
 * aside.
 */
export async function readMigrationFolder(folder: string): Promise<MigrationFolder> {
  const entries = await list(folder);
  const isOperations = entries.some((entry) => entry.isFile() && isOperationFile(entry.name));
  return isOperations ? readOperations(folder, entries) : readPhases(folder, entries);
}

async function readOperations(folder: string, entries: readonly Dirent[]): Promise<MigrationFolder> {
  const room = { bytes: migrationBytesLimit };
  const files = entries.filter((entry) => entry.isFile() && isOperationFile(entry.name));
  const others = entries.filter((entry) => !files.includes(entry));
  const read: FileRead[] = [];
  for (const entry of files) read.push(await readText(path.join(folder, entry.name), room));
  const strange = others.map((entry) => ({
    file: path.join(folder, entry.name),
    message: `expected nothing but .yaml, .yml and .json beside files of operations, found the ${kindOf(entry)} ${JSON.stringify(entry.name)}`,
  }));
  return {
    files: [],
    operations: read.flatMap(({ text }, index) =>
      text === undefined ? [] : [{ name: files[index]?.name ?? '', text }],
    ),
    problems: atMost(problemLimit, [...strange, ...read.flatMap(({ problem }) => problem ?? [])], folder),
  };
}

async function readPhases(folder: string, phases: readonly Dirent[]): Promise<MigrationFolder> {
  const isSettings = (entry: Dirent) => entry.isFile() && entry.name === settingsFile;
  const problems = phases
    .filter((entry) => !isSettings(entry) && (!entry.isDirectory() || !isPhase(entry.name)))
    .map((entry) => ({
      file: path.join(folder, entry.name),
      message: `expected nothing but the folders ${migrationPhases.join(', ')}, found the ${kindOf(entry)} ${JSON.stringify(entry.name)}${hint(entry.name)}`,
    }));
  const folders = phases.filter((entry) => entry.isDirectory() && isPhase(entry.name));
  const room = { bytes: migrationBytesLimit };
  const read: MigrationFolder[] = [];
  for (const entry of folders) read.push(await readPhase(folder, entry.name as MigrationPhase, room));
  const settings = phases.some(isSettings) ? await readText(path.join(folder, settingsFile), room) : {};
  const { text, problem } = settings;
  return {
    files: read.flatMap(({ files }) => (text === undefined ? files : withSettings(files, text))),
    operations: [],
    problems: atMost(
      problemLimit,
      [...problems, ...(problem === undefined ? [] : [problem]), ...read.flatMap(({ problems }) => problems)],
      folder,
    ),
  };
}

/** A phase is sent with all it needs; one without files has nothing to set. */
function withSettings(files: readonly MigrationFile[], sql: string): readonly MigrationFile[] {
  const [first] = files;
  return first === undefined ? [] : [...files, { phase: first.phase, name: settingsFile, sql }];
}

function hint(name: string): string {
  if (name === 'flyway.toml') return `; write the placeholders into ${settingsFile}`;
  return parseCallbackName(name) === undefined ? '' : '; put the callback into the folder of its phase';
}

/** A folder that is another than was meant may hold anything. */
function atMost(limit: number, problems: readonly FileProblem[], folder: string): readonly FileProblem[] {
  const rest = problems.length - limit;
  if (rest <= 0) return problems;
  const message = `holds ${rest} more of what is no migration: see that this is the folder that is meant`;
  return [...problems.slice(0, limit), { file: folder, message }];
}

/** Takes what it reads from `room`, and reads nothing more once that is used up. */
async function readPhase(folder: string, phase: MigrationPhase, room: { bytes: number }): Promise<MigrationFolder> {
  const files: MigrationFile[] = [];
  const problems: FileProblem[] = [];
  for (const entry of await list(path.join(folder, phase))) {
    const file = path.join(folder, phase, entry.name);
    if (entry.name === settingsFile) {
      problems.push({ file, message: `expected ${settingsFile} beside the folders of the phases, for all of them` });
      continue;
    }
    if (!entry.isFile()) {
      problems.push({ file, message: `expected an SQL file, found a ${kindOf(entry)}` });
      continue;
    }
    const { text, problem } = await readText(file, room);
    if (problem !== undefined) problems.push(problem);
    if (text !== undefined) files.push({ phase, name: entry.name, sql: text });
  }
  return { files, operations: [], problems };
}

interface FileRead {
  readonly text?: string;
  readonly problem?: FileProblem;
}

async function readText(file: string, room: { bytes: number }): Promise<FileRead> {
  const { size } = await stat(file);
  if (size > room.bytes) {
    const all = migrationBytesLimit - room.bytes + size;
    const message = `expected at most ${migrationBytesLimit} bytes of migration files in all, found ${all} with this one`;
    return { problem: { file, message } };
  }
  room.bytes -= size;
  const text = decodeText(await readFile(file));
  return text === undefined ? { problem: { file, message: 'expected a text in UTF-8, found binary data' } } : { text };
}

/** Text in UTF-8 without a byte order mark; `undefined` for anything else. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isPhase(name: string): name is MigrationPhase {
  return (migrationPhases as readonly string[]).includes(name);
}

function kindOf(entry: Dirent): string {
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'symbolic link' : entry.isFile() ? 'file' : 'special file';
}
