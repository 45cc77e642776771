import { createHash } from 'node:crypto';
import { found, type ManifestProblem, problemsOf } from '../../admission/manifest-problem.js';
import { readYaml, type YamlDocument } from '../../admission/yaml-document.js';
import { compareFileNames, type OperationFile, operationFileStem } from '../../../domain/migration.js';
import { knownKeysAt } from './body-keys.js';
import { findKind, unknownKind } from './kinds.js';
import type { OperationKind } from './operation.js';

/** One file of operations, as it is meant. */
export interface OperationMigration {
  /** `03_add_email`: by it the history knows the file. */
  readonly name: string;
  readonly file: string;
  /** What its version's schema of views is called behind the schema's own name. */
  readonly version: string;
  readonly operations: readonly StatedOperation[];
  /** sha256 in hex of what stands in the file; line ends and a byte order mark do not count. */
  readonly hash: string;
}

export interface StatedOperation {
  readonly kind: OperationKind;
  readonly body: unknown;
  /** `03_add_email.yaml:4:7`, of a place in the operation's body. */
  readonly placeOf: (path: ManifestProblem['path']) => string;
}

export interface FileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface OperationSet {
  /** In the order they are run: by name, numbers by their value. Those that can be read. */
  readonly migrations: readonly OperationMigration[];
  readonly problems: readonly FileProblem[];
}

/** Reads pgroll's files, YAML or JSON, and names everything that is wrong with them. */
export function readOperationFiles(files: readonly OperationFile[]): OperationSet {
  const read = files.toSorted((a, b) => compareFileNames(a.name, b.name)).map(readFile);
  const migrations = read.flatMap(({ migration }) => migration ?? []);
  return { migrations, problems: [...read.flatMap(({ problems }) => problems), ...refuseTwice(migrations)] };
}

export function describeProblem({ file, line, column, message }: FileProblem): string {
  return `${file}:${line}:${column}: ${message}`;
}

interface FileRead {
  readonly migration?: OperationMigration;
  readonly problems: readonly FileProblem[];
}

function readFile({ name: file, text }: OperationFile): FileRead {
  const { documents, problems: unread } = readYaml(text, 'a file of operations');
  const [document, second] = documents;
  const problems: FileProblem[] = unread.map((problem) => ({ file, ...problem }));
  if (document === undefined) return { problems };
  const at = (place: Parameters<YamlDocument['positionOf']>[0]) => ({ file, ...document.positionOf(place) });
  if (second !== undefined) {
    problems.push({ file, ...second.positionOf({ path: [] }), message: 'expected one document in a file, found more' });
  }
  const { operations, name, version_schema: version, ...others } = isMapping(document.data) ? document.data : {};
  if (!Array.isArray(operations) || operations.length === 0) {
    const message = `expected a list of operations under the key operations, ${found(operations)}`;
    problems.push({ ...at({ path: ['operations'] }), message });
  }
  for (const key of Object.keys(others)) {
    const message = `unknown key ${JSON.stringify(key)}; known here: operations, name, version_schema`;
    problems.push({ ...at({ path: [key], at: 'key' }), message });
  }
  for (const [key, value] of Object.entries({ name, version_schema: version })) {
    if (value === undefined || (typeof value === 'string' && value !== '')) continue;
    problems.push({ ...at({ path: [key] }), message: `expected a name as a string, ${found(value)}` });
  }
  const stated = (Array.isArray(operations) ? operations : []).map((operation: unknown, index) =>
    readOperation(operation, ['operations', index]),
  );
  problems.push(...stated.flatMap((read) => read.problems.map(({ message, ...place }) => ({ ...at(place), message }))));
  problems.push(...refuseCompany(stated).map(({ message, ...place }) => ({ ...at(place), message })));
  const stem = operationFileStem(file);
  if (typeof name === 'string' && name !== '' && name !== stem) {
    const message = `expected the name of the file, ${JSON.stringify(stem)}, or none, found ${JSON.stringify(name)}`;
    problems.push({ ...at({ path: ['name'] }), message });
  }
  if (problems.length > 0) return { problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
  return {
    problems,
    migration: {
      name: stem,
      file,
      version: typeof version === 'string' ? version : stem,
      operations: stated.flatMap(({ kind, body, path }) =>
        kind === undefined ? [] : [{ kind, body, placeOf: (inside) => placeText(at({ path: [...path, ...inside] })) }],
      ),
      hash: createHash('sha256')
        .update(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
        .digest('hex'),
    },
  };
}

interface OperationRead {
  readonly kind?: OperationKind;
  readonly body?: unknown;
  /** Of the body. */
  readonly path: ManifestProblem['path'];
  readonly problems: readonly ManifestProblem[];
}

/** `{ add_column: { … } }` */
function readOperation(operation: unknown, path: ManifestProblem['path']): OperationRead {
  const refuse = (message: string, at = path, on?: 'key') => ({
    path: at,
    problems: [{ path: at, message, ...(on === undefined ? {} : { at: on }) }],
  });
  const [entry, second] = isMapping(operation) ? Object.entries(operation) : [];
  if (entry === undefined || second !== undefined) {
    const what = second === undefined ? found(operation) : `found also ${JSON.stringify(second[0])}`;
    return refuse(`expected one operation, such as add_column with what it is about below it, ${what}`);
  }
  const [name, body] = entry;
  const inside = [...path, name];
  const kind = findKind(name);
  if (kind === undefined) return refuse(unknownKind(name), inside, 'key');
  const parsed = kind.schema.safeParse(body);
  if (parsed.success) return { kind, body: parsed.data, path: inside, problems: [] };
  const problems = problemsOf(parsed.error.issues, (at) => knownKeysAt(kind.schema, at));
  return {
    kind,
    path: inside,
    problems: problems.map((problem) => ({ ...problem, path: [...inside, ...problem.path] })),
  };
}

/** What such an operation does to the schema the next one of the file could not know. */
function refuseCompany(stated: readonly OperationRead[]): readonly ManifestProblem[] {
  if (stated.length < 2) return [];
  return stated.flatMap(({ kind, body, path, problems }) =>
    problems.length === 0 && kind?.isAlone?.(body) === true
      ? [
          {
            path,
            at: 'key' as const,
            message: `expected ${kind.name} to be the only operation of its file, found ${stated.length}; put it into a file of its own`,
          },
        ]
      : [],
  );
}

function refuseTwice(migrations: readonly OperationMigration[]): readonly FileProblem[] {
  return migrations.flatMap(({ name, version, file }, index) => {
    const earlier = migrations.slice(0, index);
    const named = earlier.find((other) => other.name === name);
    const versioned = earlier.find((other) => other.version === version);
    const other = named ?? versioned;
    if (other === undefined) return [];
    const what = named === undefined ? `version_schema ${JSON.stringify(version)}` : `name ${JSON.stringify(name)}`;
    return [{ file, line: 1, column: 1, message: `expected a ${what} of its own, found the same in ${other.file}` }];
  });
}

function placeText({ file, line, column }: Omit<FileProblem, 'message'>): string {
  return `${file}:${line}:${column}`;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
