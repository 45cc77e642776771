import { identifierOf, type Token, tokenize } from '../sql-statements.js';
import { quoted } from './names.js';
import type { Scope } from './operation.js';

/**
 * The columns an author's expression may read, by the names that stand in it. One too many does no harm: a function that
 * is called like a column makes it one. The table's own name stands for all of its columns.
 */
export function columnsRead(expression: string, { table, columns }: Scope): Scope['columns'] {
  const names = new Set([...tokenize(expression)].map(identifierOf));
  return names.has(table) ? columns : columns.filter(({ name }) => names.has(name));
}

/** The expression with the names that the columns have in the database: for constraints and indexes. */
export function inPhysicalNames(expression: string, { columns }: Scope): string {
  const moved = new Map(columns.filter(({ name, physical }) => name !== physical).map((c) => [c.name, c.physical]));
  if (moved.size === 0) return expression;
  let text = '';
  let end = 0;
  for (const { token, name } of columnNames(expression)) {
    const physical = moved.get(name);
    if (physical === undefined) continue;
    text += expression.slice(end, token.at) + quoted(physical);
    end = token.at + token.text.length;
  }
  return text + expression.slice(end);
}

/** The names in an expression that may be a column's: neither a function's, nor a type's behind `::`, nor a qualifier. */
export function columnNames(expression: string): readonly { readonly token: Token; readonly name: string }[] {
  const tokens = [...tokenize(expression)];
  return tokens.flatMap((token, at) => {
    const name = identifierOf(token);
    const isOther = tokens[at - 1]?.text === '::' || ['(', '.'].includes(tokens[at + 1]?.text ?? '');
    return name === undefined || isOther ? [] : [{ token, name }];
  });
}

/** `select <expression> from` one row, made of the columns it reads: `source` gives each by its physical name. */
export function overRow(expression: string, scope: Scope, source: (physical: string) => string): string {
  const columns = columnsRead(expression, scope).map(({ name, physical }) => `${source(physical)} as ${quoted(name)}`);
  return `select (${expression}) from (select ${columns.join(', ')}) as ${quoted(scope.table)}`;
}

/**
 * Whether all rows may get it at once, without the table being written anew: one literal, perhaps cast, or a function
 * that gives the same value throughout a statement. Anything else counts as one that does not.
 */
export function isSameForAllRows(expression: string): boolean {
  return constant.test(expression.trim());
}

const constant =
  /^(?:(?:[-+]?\d[\d.]*(?:e[-+]?\d+)?|e?'(?:[^'\\]|'')*'|true|false|null)(?:\s*::\s*[a-z_"][\w ".]*(?:\(\d+(?:\s*,\s*\d+)?\))?(?:\[\])?)?|now\(\)|current_(?:timestamp|date|time|user|role)|local(?:timestamp|time)|'(?:[^'\\]|'')*')$/i;

/**
 * The expression as a value of the type. Said outright, because an UPDATE takes no text for a number; without a length,
 * because a cast to one cuts what is longer, where an assignment refuses it.
 */
export function valueOf(expression: string, type: string): string {
  const varying = /^(?:character varying|varchar|character|char|bpchar)\s*\(\s*\d+\s*\)$/i.test(type.trim());
  return `cast((${expression}) as ${varying ? 'text' : type})`;
}

/** Computes the expression for rows of a table, or for none, and assigns it to a column of the type, as a trigger would. */
export function trialOf(
  expression: string,
  { type, rows }: { readonly type: string; readonly rows?: { readonly scope: Scope; readonly place: string } },
): string {
  return `create temporary table sluice_trial (value ${type}) on commit drop;
insert into sluice_trial select ${valueOf(expression, type)}${rows === undefined ? '' : ` from ${someRows(expression, rows)}`}`;
}

function someRows(expression: string, { scope, place }: { readonly scope: Scope; readonly place: string }): string {
  const columns = columnsRead(expression, scope).map(({ name, physical }) => `${quoted(physical)} as ${quoted(name)}`);
  return `(select ${columns.join(', ')} from ${place} limit ${trialRows}) as ${quoted(scope.table)}`;
}

export const trialRows = 1_000;
