import { Lexer } from 'yaml';

// Before a file is parsed its tokens are counted: parsing takes time by their number, and stack by their nesting. A
// parser at the end of its stack may take the whole process with it, past every catch.
const tokenLimit = 20_000;
const nestingLimit = 100;
const documentLimit = 20;
/** Of aliases: how often what an anchor names may be repeated. */
export const aliasLimit = 100;

/** What there is too much of in a source; `undefined` when it may be parsed. */
export function findExcess(source: string): string | undefined {
  let tokens = 0;
  let brackets = 0;
  let documents = 1;
  /** Columns that can open block collections: the indentation of the line, and each `-` or `?` in it. */
  let columns = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(source)) {
    if (++tokens > tokenLimit) return `of more than ${tokenLimit} tokens`;
    if (token === '---' && ++documents > documentLimit) return `of more than ${documentLimit} documents`;
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

/** What was read may be deeper than what was written: an alias repeats what its anchor names. */
export function isTooDeep(value: unknown, levels: number = nestingLimit): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}
