import {
  type Document,
  Lexer,
  LineCounter,
  type Node,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';

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

/** Parsing takes time per token, so a hostile file is told by their number before it is parsed. */
const tokenLimit = 20_000;
const aliasLimit = 100;

/** Reads one YAML 1.2 document of plain data: no duplicate keys, no tags, no second document, few aliases. */
export function readYaml(source: string): YamlDocument | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (message: string, at: Position = { line: 1, column: 1 }) => ({ problems: [{ ...at, message }] });

  if (hasTooManyTokens(source)) return refuse(`expected a manifest, found YAML of more than ${tokenLimit} tokens`);
  try {
    // Unique keys are checked below: the parser compares each with each, and does not say where the first one stands.
    const document = parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      merge: false,
    });
    const problems = [...syntaxProblems(document), ...duplicateKeys(document, position)].slice(0, 50);
    if (problems.length > 0)
      return { problems: problems.map(({ offset, message }) => ({ ...position(offset), message })) };
    const data: unknown = document.toJS({ maxAliasCount: aliasLimit });
    return { data, positionOf: (place) => position(offsetOf(document, place)) };
  } catch (error) {
    if (error instanceof ReferenceError) {
      return refuse(
        `expected at most ${aliasLimit} uses of aliases, found more, which looks like an attack: write the values out`,
      );
    }
    if (error instanceof RangeError) return refuse('expected a manifest, found YAML nested too deeply');
    throw error;
  }
}

interface OffsetProblem {
  readonly offset: number;
  readonly message: string;
}

function hasTooManyTokens(source: string): boolean {
  let tokens = 0;
  for (const _token of new Lexer().lex(source)) if (++tokens > tokenLimit) return true;
  return false;
}

function syntaxProblems(document: Document): OffsetProblem[] {
  return [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message:
      error.code === 'MULTIPLE_DOCS'
        ? 'expected one document, found a second one: put each release into a file of its own'
        : error.message,
  }));
}

function duplicateKeys(document: Document, position: (offset: number) => Position): OffsetProblem[] {
  const problems: OffsetProblem[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Map<string, number>();
      for (const { key } of map.items) {
        const name = keyName(key);
        const first = seen.get(name);
        const offset = startOf(key) ?? 0;
        if (first === undefined) seen.set(name, offset);
        else
          problems.push({
            offset,
            message: `the key ${JSON.stringify(name)} stands in line ${position(first).line} already`,
          });
      }
    },
  });
  return problems;
}

function offsetOf(document: Document, { path, at }: Place): number {
  let node: unknown = document.contents;
  let key = startOf(node) ?? 0;
  for (const part of path) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    if (isMap(parent)) {
      const pair = parent.items.find((item) => keyName(item.key) === String(part));
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
  const isValue = isScalar(node) && node.source !== '';
  return at !== 'key' && isValue ? (startOf(node) ?? key) : key;
}

function keyName(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
