import type { Statement } from './sql-statements.js';

/** Where in a migration something is: for messages. */
export interface SourcePlace {
  /** `expand/V2.1__customer_names.sql` */
  readonly script: string;
  /** Absent when it is about the file as a whole. */
  readonly statement?: { readonly fileText: string; readonly at: number };
  /** What was being done there, e.g. the keys of a batch. */
  readonly note?: string;
}

export function placeOf(script: string, fileText: string, statement: Pick<Statement, 'at'>): SourcePlace {
  return { script, statement: { fileText, at: statement.at } };
}

/**
 * `expand/V2.1__customer_names.sql:3:14`, both counted from 1. `position` is the server's: characters from 1, counted
 * from the start of the statement; without it the place is where the statement begins.
 */
export function describePlace({ script, statement, note }: SourcePlace, position?: number): string {
  const name = note === undefined ? '' : ` (${note})`;
  if (statement === undefined) return script + name;
  const { fileText, at } = statement;
  const offset = position === undefined ? 0 : lengthOf(fileText.slice(at), position - 1);
  const before = fileText.slice(0, at + offset);
  const line = before.split('\n').length;
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
  return `${script}:${line}:${column}${name}`;
}

/** The server counts characters, a JavaScript string counts UTF-16 units. */
function lengthOf(text: string, characters: number): number {
  let length = 0;
  for (const character of text) {
    if (characters-- <= 0) break;
    length += character.length;
  }
  return length;
}
