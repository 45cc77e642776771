import type { BackfillHeader } from './backfill-header.js';
import type { BackfillProblems } from './backfill-file.js';
import { describePlace, placeOf } from './source-place.js';
import { identifierOf, type Statement, type Token, wordOf } from './sql-statements.js';

/** The UPDATE taken apart. Both statements take the range as `$1` (exclusive) and `$2` (inclusive). */
export interface BackfillUpdate {
  readonly update: string;
  /** The same rows counted; `undefined` when its condition does not tell a filled row from an unfilled one. */
  readonly countLeft: string | undefined;
}

interface BackfillSource {
  readonly script: string;
  readonly sql: string;
  readonly statement: Statement;
  readonly header: BackfillHeader;
}

/**
 * Holds the statement to the one form whose ranges neither overlap nor leave gaps:
 * `update <table> … where <key> > :after and <key> <= :upto and <what is left to do>`.
 */
export function readBackfillUpdate(source: BackfillSource): BackfillUpdate | BackfillProblems {
  const { script, sql, statement, header } = source;
  const refuse = (reason: string, token: Token | undefined = statement.tokens[0]): BackfillProblems => ({
    problems: [`${describePlace(placeOf(script, sql, token ?? statement))}: ${reason}`],
  });

  const clauses = clausesOf(statement);
  if (clauses === undefined) return refuse('expected UPDATE … SET … WHERE …, found something else');
  const { target, from, where } = clauses;
  const names = tableNames(target);
  if (names.join('.') !== header.table.join('.')) {
    return refuse(`expected the head comment's table ${header.table.join('.')}, found ${names.join('.')}`);
  }
  const or = topLevel(where).find((token) => wordOf(token) === 'or');
  if (or !== undefined) return refuse('expected AND between the conditions of WHERE; put an OR into parentheses', or);

  const conditions = conditionsOf(where);
  const isBound = (placeholder: string, operator: string) => (tokens: readonly Token[]) =>
    isKeyBound(tokens, { key: header.key, placeholder, operator });
  const lower = conditions.filter(isBound(':after', '>'));
  const upper = conditions.filter(isBound(':upto', '<='));
  if (lower.length !== 1 || upper.length !== 1) {
    return refuse(`expected ${header.key} > :after and ${header.key} <= :upto once each in WHERE`, where[0]);
  }
  const bounds = new Set([...lower, ...upper].flat());
  const stray = statement.tokens.find((token) => token.kind === 'placeholder' && !bounds.has(token));
  if (stray !== undefined) return refuse(`expected ${stray.text} nowhere but in the bounds of the key`, stray);

  const tellsWhatIsLeft = conditions.length > 2;
  if (!tellsWhatIsLeft && header.verify === undefined) {
    return refuse(
      'nothing tells a filled row from an unfilled one; add a condition to WHERE such as `and first_name is null`, or a head comment `-- sluice: verify=select count(*) from …`',
      where[0],
    );
  }
  const text = (tokens: readonly Token[]) => withParameters(sql, tokens);
  const countLeft = `select count(*) as left from ${text(target)}${from.length > 0 ? `, ${text(from)}` : ''} where ${text(where)}`;
  return { update: text(statement.tokens), countLeft: tellsWhatIsLeft ? countLeft : undefined };
}

interface Clauses {
  readonly target: readonly Token[];
  readonly from: readonly Token[];
  readonly where: readonly Token[];
}

function clausesOf({ tokens }: Statement): Clauses | undefined {
  const outer = topLevel(tokens);
  const find = (word: string) =>
    outer.find((token) => wordOf(token) === word && !(word === 'from' && isDistinctFrom(tokens, token)));
  const set = find('set');
  const where = find('where');
  if (wordOf(tokens[0]) !== 'update' || set === undefined || where === undefined) return undefined;
  const from = find('from');
  const end = find('returning');
  const between = (start: Token | undefined, stop: Token | undefined) =>
    tokens.filter((token) => start !== undefined && token.at > start.at && token.at < (stop?.at ?? Infinity));
  return { target: between(tokens[0], set), from: between(from, where), where: between(where, end) };
}

/** `a is distinct from b` is no FROM clause. */
function isDistinctFrom(tokens: readonly Token[], from: Token): boolean {
  return wordOf(tokens[tokens.indexOf(from) - 1]) === 'distinct';
}

function tableNames(target: readonly Token[]): readonly string[] {
  const path = wordOf(target[0]) === 'only' ? target.slice(1) : target;
  const length = path[1]?.text === '.' ? 3 : 1;
  return path.slice(0, length).flatMap((token) => identifierOf(token) ?? []);
}

function topLevel(tokens: readonly Token[]): readonly Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (token.text === '(' || token.text === '[') depth += 1;
    if (token.text === ')' || token.text === ']') depth -= 1;
    return depth === 0;
  });
}

function conditionsOf(where: readonly Token[]): readonly (readonly Token[])[] {
  const outer = new Set(topLevel(where));
  const conditions: Token[][] = [[]];
  for (const token of where) {
    // The AND of a BETWEEN cuts too: what comes of it is no bound, and counting is all that is done with it.
    if (outer.has(token) && wordOf(token) === 'and') conditions.push([]);
    else conditions.at(-1)?.push(token);
  }
  return conditions;
}

function isKeyBound(
  tokens: readonly Token[],
  { key, placeholder, operator }: { readonly key: string; readonly placeholder: string; readonly operator: string },
): boolean {
  const [column, compare, bound] = tokens.slice(-3);
  const qualified = tokens.length === 5 && tokens[1]?.text === '.';
  if (tokens.length !== 3 && !qualified) return false;
  return identifierOf(column) === key && compare?.text === operator && bound?.text === placeholder;
}

function withParameters(sql: string, tokens: readonly Token[]): string {
  const parameters: Readonly<Record<string, string>> = { ':after': '$1', ':upto': '$2' };
  let text = '';
  let end = tokens[0]?.at ?? 0;
  for (const token of tokens) {
    // Nothing changes its length, so that the server's positions are still those of the file.
    const parameter = token.kind === 'placeholder' ? parameters[token.text]?.padEnd(token.text.length) : undefined;
    text += sql.slice(end, token.at) + (parameter ?? token.text);
    end = token.at + token.text.length;
  }
  return text;
}
