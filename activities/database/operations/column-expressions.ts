import { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { sql } from './body-schema.js';
import type { Stated } from './column-successor.js';
import { quoted } from './names.js';
import type { OperationProblem } from './operation.js';

/** `{ name: upper(name), zip: zip }`: an SQL expression a column. */
export function expressions(what: string) {
  return z
    .record(z.string(), sql(`an SQL expression for ${what}`), expected('a mapping from columns to SQL expressions'))
    .describe(`a mapping from columns to SQL expressions for ${what}`);
}

type Expressions = Readonly<Record<string, string>> | undefined;

/** The column itself where none is stated. */
export function statedFor(
  column: string,
  {
    all,
    key,
    otherwise,
  }: { readonly all: Expressions; readonly key: 'up' | 'down'; readonly otherwise: Stated['path'] },
): Stated {
  const expression = all?.[column];
  return expression === undefined
    ? { expression: quoted(column), path: otherwise }
    : { expression, path: [key, column] };
}

/** Each of the columns has one, and no other. */
export function checkExpressions(
  columns: readonly string[],
  { all, key, mayMiss = false }: { readonly all: Expressions; readonly key: 'up' | 'down'; readonly mayMiss?: boolean },
): readonly OperationProblem[] {
  const stated = Object.keys(all ?? {});
  const missing = mayMiss ? [] : columns.filter((column) => !stated.includes(column));
  const others = stated.filter((column) => !columns.includes(column));
  return [
    ...missing.map((column) => ({
      path: [key],
      message: `expected an expression for each column of the constraint, found none for ${JSON.stringify(column)}`,
    })),
    ...others.map((column) => ({
      path: [key, column],
      message: `expected one of the constraint's columns, ${columns.join(', ')}, found ${JSON.stringify(column)}`,
    })),
  ];
}
