import { type Document, LineCounter, isAlias, isMap, isNode, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { checkDocument, keyName, startOf } from './yaml-check.js';
import { aliasLimit, findExcess, isTooDeep } from './yaml-limits.js';

export interface Position {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Position {
  readonly message: string;
}

export interface YamlDocument {
  readonly data: unknown;
  /** Where a path stands; for a missing key, the nearest thing around it that is there. */
  readonly positionOf: (place: Place) => Position;
}

export interface Place {
  readonly path: readonly (string | number)[];
  readonly at?: 'key';
}

interface YamlRead {
  /** None when nobody can say what is meant. */
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly YamlProblem[];
}

/**
 * Reads YAML 1.2 of plain data: no duplicate keys, no tags, few aliases. Documents without anything in them are left
 * aside; a source without any other is one document of nothing. `what` it should be, such as `a manifest`, stands in
 * messages.
 */
export function readYaml(source: string, what: string): YamlRead {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (message: string, at: Position = { line: 1, column: 1 }) => ({
    documents: [],
    problems: [{ ...at, message }],
  });

  const excess = findExcess(source);
  if (excess !== undefined) return refuse(`expected ${what}, found YAML ${excess}`);
  const parsed = parseAllDocuments(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: false,
  });
  const checks = [...parsed].map((document) => checkDocument(document, (offset) => position(offset).line));
  const problems = checks
    .flatMap((check) => check.problems)
    .map(({ offset, message }) => ({ ...position(offset), message }));
  if (checks.some(({ isReadable }) => !isReadable)) return { documents: [], problems };
  const documents: YamlDocument[] = [];
  for (const document of [...parsed].filter((it) => !isEmpty(it))) {
    const data = toData(document, what);
    const start = position(startOf(document.contents) ?? 0);
    if ('excess' in data) return refuse(data.excess, start);
    documents.push({ ...data, positionOf: (place) => position(offsetOf(document, place)) });
  }
  const nothing: YamlDocument = { data: null, positionOf: () => ({ line: 1, column: 1 }) };
  return { documents: documents.length === 0 ? [nothing] : documents, problems };
}

/** What stands between two `---`, or behind the last one. */
function isEmpty({ contents }: Document): boolean {
  return contents === null || isUnwritten(contents);
}

/** The value of `key:`, which is none. */
function isUnwritten(node: unknown): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.source === '';
}

function toData(document: Document, what: string): { readonly data: unknown } | { readonly excess: string } {
  const remedy = 'which looks like an attack: write the values out';
  try {
    const data: unknown = document.toJS({ maxAliasCount: aliasLimit });
    return isTooDeep(data) ? { excess: `expected ${what}, found aliases nested too deep, ${remedy}` } : { data };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return { excess: `expected at most ${aliasLimit} uses of aliases, found more, ${remedy}` };
  }
}

function offsetOf(document: Document, { path, at }: Place): number {
  let node: unknown = document.contents;
  let key = startOf(node) ?? 0;
  for (const part of path) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    if (isMap(parent)) {
      const pair = parent.items.findLast((item) => keyName(item.key) === String(part));
      if (pair === undefined) return key;
      key = startOf(pair.key) ?? key;
      node = pair.value;
    } else if (isSeq(parent) && typeof part === 'number' && isNode(parent.items[part])) {
      node = parent.items[part];
      key = startOf(node) ?? key;
    } else {
      return key;
    }
  }
  const isValue = isScalar(node) && !isUnwritten(node);
  return at !== 'key' && isValue ? (startOf(node) ?? key) : key;
}
