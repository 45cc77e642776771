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

// Before a file is parsed its tokens are counted: parsing takes time by their number, and stack by their nesting. A
// parser at the end of its stack may take the whole process with it, past every catch.
const tokenLimit = 20_000;
const nestingLimit = 100;
const aliasLimit = 100;

/** Reads one YAML 1.2 document of plain data: no duplicate keys, no tags, no second document, few aliases. */
export function readYaml(source: string): YamlDocument | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (message: string, at: Position = { line: 1, column: 1 }) => ({ problems: [{ ...at, message }] });

  const excess = findExcess(source);
  if (excess !== undefined) return refuse(`expected a manifest, found YAML ${excess}`);
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
    throw error;
  }
}

interface OffsetProblem {
  readonly offset: number;
  readonly message: string;
}

function findExcess(source: string): string | undefined {
  let tokens = 0;
  let brackets = 0;
  /** Columns that can open block collections: the indentation of the line, and each `-` or `?` in it. */
  let columns = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(source)) {
    if (++tokens > tokenLimit) return `of more than ${tokenLimit} tokens`;
    if (token === '[' || token === '{') brackets++;
    if (token === ']' || token === '}') brackets = Math.max(0, brackets - 1);
    if (token === '-' || token === '?') columns++;
    if (isLineStart && /^ +$/.test(token)) columns = token.length;
    isLineStart = /[\r\n]$/.test(token);
    if (isLineStart) columns = 0;
    if (brackets + columns > nestingLimit) return `nested more than ${nestingLimit} levels deep`;
  }
  return undefined;
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
