import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ClientError } from './client-error.js';
import type { LocatedProblem } from './located-problem.js';
import { decodeText } from './migration-folder.js';
import { type YamlDocument, readYaml } from '../activities/admission/yaml-document.js';

const bytesLimit = 1024 * 1024;

/** A YAML document, and the file it stands in. */
export interface SourceDocument extends YamlDocument {
  readonly file: string;
}

export interface SourceRead {
  /** None when nobody can say what is meant. */
  readonly documents: readonly SourceDocument[];
  readonly problems: readonly LocatedProblem[];
}

/** The documents of a file, whatever they say. Throws when there is no file to read: a matter of the command line. */
export async function readSource(file: string): Promise<SourceRead> {
  const located = (problem: { line: number; column: number; message: string }) => ({ file, path: '', ...problem });
  const refuse = (message: string) => ({ documents: [], problems: [located({ line: 1, column: 1, message })] });

  // Asked before it is opened: to open a pipe waits for whoever writes into it.
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw notReadable(file, error.code === 'ENOENT' ? 'there is none' : error.message);
  });
  if (!found.isFile()) throw notReadable(file, `this is ${kindOf(found)}`);
  const bytes = await readUpTo(file, bytesLimit + 1).catch((error: Error) => {
    throw notReadable(file, error.message);
  });
  const size = Math.max(found.size, bytes.length);
  if (size > bytesLimit) return refuse(`expected at most ${bytesLimit} bytes of YAML, found ${size}`);
  const source = decodeText(bytes);
  if (source === undefined)
    return refuse(`expected a text in UTF-8, found ${isUtf16(bytes) ? 'UTF-16' : 'binary data'}`);
  const read = readYaml(source, 'a manifest');
  return {
    documents: read.documents.map((document) => ({ file, ...document })),
    problems: read.problems.map(located),
  };
}

/** The beginning of a file: at most so many bytes. */
export async function readUpTo(file: string, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** By its byte order mark. */
function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  return found.isFIFO() ? 'a pipe' : 'no ordinary file';
}

function notReadable(file: string, found: string): ClientError {
  return new ClientError({
    exit: 'usage',
    message: `expected the manifest ${file}, but ${found}`,
    remedy: 'Name a YAML file that can be read.',
  });
}
