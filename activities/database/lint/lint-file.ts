import { hasSqlDetails, loadModule, type Node, parseSync } from 'libpg-query';
import type { LintInput } from '../../../domain/lint/finding.js';
import { parseMigrationName } from '../../../domain/migration.js';
import { type Statement, splitStatements } from '../sql-statements.js';
import { nameOf } from './tree.js';
import { type TextPlaces, lastAtMost, offsetOfCharacter, placesOf } from './text-places.js';

/** A file as the checks read it. */
export interface LintFile extends LintInput {
  /** It runs when no version that used what it takes away is left. */
  readonly removes: boolean;
  readonly statements: readonly LintStatement[];
  /** The statement, readable or not, that the place is in or comes before; `undefined` behind the last. */
  rangeAt(offset: number): Range | undefined;
  /** The last statement that begins before the place. */
  rangeBefore(offset: number): Range | undefined;
  readonly errors: readonly SyntaxFault[];
  /** Names of the views it makes. */
  readonly views: ReadonlySet<string>;
  readonly places: TextPlaces;
  /** The text with what no parser takes blanked out, character by character: places stay where they are. */
  readonly readable: string;
}

export interface Range {
  readonly at: number;
  readonly text: string;
}

export interface LintStatement {
  readonly text: string;
  /** Offset in the file. */
  readonly at: number;
  /** Postgres's own tree. */
  readonly node: Node;
}

interface SyntaxFault {
  readonly message: string;
  /** Offset in the file. */
  readonly at: number;
  readonly text: string;
}

/** Reads a file with Postgres's own grammar, a statement at a time: one that is broken hides no other. */
export async function readLintFile(input: LintInput): Promise<LintFile> {
  await loadModule();
  const statements: LintStatement[] = [];
  const errors: SyntaxFault[] = [];
  const readable: string[] = [];
  const split = splitStatements(input.sql);
  const starts = split.map(({ at }) => at);
  const ends = split.map(({ at, text }) => at + text.length);
  let behind = 0;
  for (const statement of split) {
    const { text, at } = statement;
    const bound = withoutPlaceholders(statement);
    const read = parseOne(bound);
    if ('node' in read) statements.push({ text, at, node: read.node });
    else errors.push({ message: read.message, at: at + read.offset, text });
    readable.push(input.sql.slice(behind, at), 'node' in read ? bound : text.replace(/[^\n]/g, ' '));
    behind = at + text.length;
  }
  return {
    ...input,
    removes: input.phase === 'contract' || isUndo(input.file),
    statements,
    rangeAt: (offset) => split[offset < (ends[0] ?? 0) ? 0 : lastAtMost(ends, offset) + 1],
    rangeBefore: (offset) => split[lastAtMost(starts, offset)],
    errors,
    views: new Set(statements.flatMap(({ node }) => ('ViewStmt' in node ? [nameOf(node.ViewStmt.view)] : []))),
    places: placesOf(input.sql),
    readable: readable.join('') + input.sql.slice(behind),
  };
}

function isUndo(file: string): boolean {
  return parseMigrationName(file.split(/[\\/]/).at(-1) ?? '')?.kind === 'undo';
}

/** A backfill's `:after` and `:upto` become parameters of the same length. */
function withoutPlaceholders({ text, at, tokens }: Statement): string {
  const pieces: string[] = [];
  let behind = 0;
  for (const token of tokens) {
    if (token.kind !== 'placeholder') continue;
    pieces.push(text.slice(behind, token.at - at), '$1'.padEnd(token.text.length));
    behind = token.at - at + token.text.length;
  }
  return pieces.join('') + text.slice(behind);
}

function parseOne(text: string): { node: Node } | { message: string; offset: number } {
  try {
    const { stmts = [] } = parseSync(text);
    const [node, second] = stmts.map(({ stmt }) => stmt);
    if (node !== undefined && second === undefined) return { node };
    return { message: `expected one statement, found ${stmts.length}`, offset: 0 };
  } catch (error) {
    if (hasSqlDetails(error)) {
      const position = error.sqlDetails?.cursorPosition ?? 0;
      return { message: error.message, offset: offsetOfCharacter(text, Math.max(0, position)) };
    }
    // A tree deeper than the stack.
    if (error instanceof RangeError) return { message: 'the statement is nested too deeply to be read', offset: 0 };
    throw error;
  }
}
