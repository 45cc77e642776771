import type { BackfillProblems } from './backfill-file.js';
import { describePlace, placeOf } from './source-place.js';
import { identifierOf, splitStatements, type Statement, tokenize } from './sql-statements.js';

export interface BackfillHeader {
  /** The names as the server keeps them: schema, if given, and table. */
  readonly table: readonly string[];
  readonly key: string;
  /** Rows of the first batch; later ones follow the time they take. */
  readonly batch: number;
  /** Counts what is left to do, instead of the UPDATE's own condition. */
  readonly verify: string | undefined;
}

export const batchLimits = { least: 100, initial: 1_000, most: 20_000 };

/** The `-- sluice:` lines above the statement. Strict: an unknown key is more likely a typing error than a wish. */
export function readBackfillHeader(
  script: string,
  sql: string,
  statement: Statement,
): BackfillHeader | BackfillProblems {
  const problems: string[] = [];
  const settings = new Map<string, string>();
  for (const { text, at } of headLines(sql)) {
    const place = describePlace(placeOf(script, sql, { at }));
    if (at > statement.at) problems.push(`${place}: expected sluice's lines above the statement`);
    for (const [key, value] of pairsOf(text)) {
      const reason = reasonAgainst(key, value) ?? (settings.has(key) ? 'found it twice' : undefined);
      if (reason !== undefined) problems.push(`${place}: ${key}: ${reason}`);
      settings.set(key, value);
    }
  }
  const missing = ['table', 'key'].filter((key) => !settings.has(key));
  if (missing.length > 0) {
    problems.push(`${script}: expected a head comment like ${example}, found no ${missing.join(' and no ')} in it`);
  }
  if (problems.length > 0) return { problems };
  return {
    table: namesIn(settings.get('table') ?? '') ?? [],
    key: namesIn(settings.get('key') ?? '')?.[0] ?? '',
    batch: Number(settings.get('batch') ?? batchLimits.initial),
    verify: settings.get('verify'),
  };
}

const example = '`-- sluice: table=customers key=id batch=2000`';
const headLine = /^[ \t]*--[ \t]*sluice:[ \t]*(?<text>.*?)[ \t]*\r?$/gm;

function headLines(sql: string): readonly { readonly text: string; readonly at: number }[] {
  return [...sql.matchAll(headLine)].map((match) => ({ text: match.groups?.text ?? '', at: match.index }));
}

/** `verify=` takes the rest of its line. */
function pairsOf(text: string): readonly (readonly [string, string])[] {
  const [words = '', verify] = text.split(/(?<![^\s])verify=(.*)/s);
  const pairs = words
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const equals = word.indexOf('=');
      return equals < 0 ? ([word, ''] as const) : ([word.slice(0, equals), word.slice(equals + 1)] as const);
    });
  return verify === undefined ? pairs : [...pairs, ['verify', verify.trim()]];
}

function reasonAgainst(key: string, value: string): string | undefined {
  switch (key) {
    case 'table':
      return [1, 2].includes(namesIn(value)?.length ?? 0) ? undefined : `expected a table's name, found "${value}"`;
    case 'key':
      return namesIn(value)?.length === 1 ? undefined : `expected one column's name, found "${value}"`;
    case 'batch': {
      const { least, most } = batchLimits;
      const isInRange = /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
      return isInRange ? undefined : `expected a number from ${least} to ${most}, found "${value}"`;
    }
    case 'verify': {
      const statements = splitStatements(value);
      const first = statements[0]?.tokens[0]?.text.toLowerCase();
      return statements.length === 1 && first === 'select' ? undefined : `expected one SELECT, found "${value}"`;
    }
    default:
      return 'expected table=, key=, batch= or verify=';
  }
}

function namesIn(path: string): readonly string[] | undefined {
  const tokens = [...tokenize(path)];
  const names = tokens.filter((_, index) => index % 2 === 0).map(identifierOf);
  const dots = tokens.filter((_, index) => index % 2 === 1);
  if (tokens.length % 2 === 0 || dots.some((dot) => dot.text !== '.')) return undefined;
  return names.every((name) => name !== undefined) ? names : undefined;
}
