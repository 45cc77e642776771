import { identifierOf, type Token, tokenize, wordOf } from '../sql-statements.js';
import type { IndexDefinition } from '../index-definition.js';
import type { Scope } from './operation.js';
import { inPhysicalNames } from './expression.js';

/** What an index is on and how, without whose it is. */
export type IndexShape = Omit<IndexDefinition, 'table' | 'name'>;

/** Reads `CREATE UNIQUE INDEX … USING btree (…) INCLUDE (…) WITH (…) WHERE …`. Throws when it is something else. */
export function readIndexShape(definition: string): IndexShape {
  const tokens = [...tokenize(definition)];
  const using = tokens.findIndex((token) => wordOf(token) === 'using');
  const method = identifierOf(tokens[using + 1]);
  const elements = groupAt(definition, tokens, using + 2);
  if (using < 0 || method === undefined || elements === undefined) throw new Error(`not an index: ${definition}`);
  const rest = tokens.slice(elements.next);
  const after = (word: string) => {
    const at = atDepth(rest, word);
    return at < 0 ? undefined : { at, group: groupAt(definition, rest, at + 1) };
  };
  const include = after('include')?.group;
  const storage = after('with')?.group;
  const where = rest[(after('where')?.at ?? -1) + 1];
  return {
    elements: elements.text,
    method,
    unique: wordOf(tokens[1]) === 'unique',
    ...(include === undefined
      ? {}
      : { include: [...tokenize(include.text)].flatMap((token) => identifierOf(token) ?? []) }),
    ...(storage === undefined ? {} : { storage: storage.text }),
    ...(atDepth(rest, 'distinct') < 0 ? {} : { nullsNotDistinct: true }),
    ...(atDepth(rest, 'where') < 0 || where === undefined ? {} : { predicate: definition.slice(where.at) }),
  };
}

/** The same on other columns. */
export function moveIndexShape(shape: IndexShape, scope: Scope): IndexShape {
  const move = (text: string) => inPhysicalNames(text, scope);
  const { include, predicate } = shape;
  return {
    ...shape,
    elements: move(shape.elements),
    ...(include === undefined
      ? {}
      : { include: include.map((name) => scope.columns.find((column) => column.name === name)?.physical ?? name) }),
    ...(predicate === undefined ? {} : { predicate: move(predicate) }),
  };
}

/** What stands between the first parenthesis and the one that closes it: `CHECK ((price > 0))`. */
export function insideParentheses(definition: string): string {
  const tokens = [...tokenize(definition)];
  const group = groupAt(
    definition,
    tokens,
    tokens.findIndex(({ text }) => text === '('),
  );
  return group?.text ?? '';
}

function groupAt(text: string, tokens: readonly Token[], open: number) {
  const first = tokens[open];
  if (first?.text !== '(') return undefined;
  for (let depth = 0, at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === '(') depth += 1;
    if (token?.text === ')') depth -= 1;
    if (depth === 0 && token !== undefined) return { text: text.slice(first.at + 1, token.at), next: at + 1 };
  }
  return undefined;
}

/** Outside all parentheses; nothing of a condition counts, which is the last to come. */
function atDepth(tokens: readonly Token[], word: string): number {
  let depth = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth === 0 && wordOf(token) === word) return at;
    if (depth === 0 && wordOf(token) === 'where') return -1;
  }
  return -1;
}
