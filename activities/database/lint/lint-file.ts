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
  /** The statements that were read, without comments; every place stays where it is. */
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
    const bare = bareText(statement);
    const read = faultBeforeParsing(statement) ?? parseOne(bare);
    if ('node' in read) statements.push({ text, at, node: read.node });
    else errors.push({ message: read.message, at: at + read.offset, text });
    readable.push(blank(input.sql.slice(behind, at)).replace(' ', ';'), 'node' in read ? bare : blank(text));
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
    readable: readable.join(''),
  };
}

function isUndo(file: string): boolean {
  return parseMigrationName(file.split(/[\\/]/).at(-1) ?? '')?.kind === 'undo';
}

/** Without comments, and with a parameter for each of a backfill's `:after` and `:upto`; every place stays where it is. */
function bareText({ text, at, tokens }: Statement): string {
  const pieces: string[] = [];
  let behind = 0;
  for (const token of tokens) {
    const from = token.at - at;
    pieces.push(blank(text.slice(behind, from)));
    pieces.push(token.kind === 'placeholder' ? '$1'.padEnd(token.text.length) : token.text);
    behind = from + token.text.length;
  }
  return pieces.join('');
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

type Fault = Pick<SyntaxFault, 'message'> & { readonly offset: number };

const longestOperator = 63;

/** What Postgres refuses as well, but takes minutes over when there is much of it. */
function faultBeforeParsing({ at, tokens }: Statement): Fault | undefined {
  let run = 0;
  let behind = -1;
  for (const token of tokens) {
    const offset = token.at - at;
    if (token.kind === 'unclosed') return { message: 'a string, name or comment is never closed', offset };
    run = token.kind === 'symbol' && /[^(),;.[\]]/.test(token.text) ? (token.at === behind ? run + 1 : 1) : 0;
    if (run > longestOperator) return { message: 'an operator is too long', offset };
    behind = token.at + token.text.length;
  }
  return undefined;
}

function parseOne(text: string): { readonly node: Node } | Fault {
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
