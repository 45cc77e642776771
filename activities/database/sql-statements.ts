export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'placeholder' | 'symbol' | 'unclosed';
  readonly text: string;
  /** Offset in the file. */
  readonly at: number;
}

export interface Statement {
  /** As it stands in the file, comments inside included, without the semicolon. */
  readonly text: string;
  /** Offset in the file. */
  readonly at: number;
  /** What it consists of apart from space and comments. */
  readonly tokens: readonly Token[];
}

/** Cuts a file at the semicolons that end statements: not those in strings, bodies, comments or parentheses. */
export function splitStatements(sql: string): readonly Statement[] {
  const statements: Statement[] = [];
  let open: Token[] = [];
  const close = () => {
    const [first] = open;
    const last = open.at(-1);
    if (first !== undefined && last !== undefined) {
      statements.push({ text: sql.slice(first.at, last.at + last.text.length), at: first.at, tokens: open });
    }
    open = [];
  };
  const depth = { parentheses: 0, body: 0 };
  for (const token of tokenize(sql)) {
    if (token.text === ';' && depth.parentheses <= 0 && depth.body === 0) {
      close();
      depth.parentheses = 0;
      continue;
    }
    if (token.text === '(') depth.parentheses += 1;
    if (token.text === ')') depth.parentheses -= 1;
    depth.body += bodyStep(token, open, depth.body);
    open.push(token);
  }
  close();
  return statements;
}

/** The token's word in lower case; `undefined` for anything that is no bare word. */
export function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.text.toLowerCase() : undefined;
}

/** What the server makes of an identifier; `undefined` when the token is none. */
export function identifierOf(token: Token | undefined): string | undefined {
  if (token?.kind === 'quoted') return token.text.slice(1, -1).replaceAll('""', '"');
  return wordOf(token);
}

export function* tokenize(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    lexeme.lastIndex = at;
    const found = lexeme.exec(sql);
    const [kind, opening] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (kind === undefined || opening === undefined) throw new Error(`no token at offset ${at}`);
    const end = endOf({ kind, opening, at, sql });
    const token = kindOf(kind, end);
    const text = sql.slice(at, end);
    if (token !== undefined) yield { kind: token, text, at };
    at += text.length;
  }
}

const name = '[A-Za-z_\\u0080-\\uffff]';
const rest = '[\\w\\u0080-\\uffff]';
const lexeme = new RegExp(
  [
    '(?<space>\\s+|--[^\\n]*)',
    '(?<comment>/\\*)',
    "(?<string>[eE]'[^'\\\\]*(?:(?:\\\\[^]|'')[^'\\\\]*)*'|(?:[bBxXnN]|[uU]&)?'[^']*(?:''[^']*)*')",
    '(?<quoted>"[^"]*(?:""[^"]*)*")',
    `(?<body>\\$(?:${name}${rest}*)?\\$)`,
    `(?<word>${name}(?:${rest}|\\$)*)`,
    '(?<number>\\d[\\w.]*)',
    '(?<symbol>::|:=|<=|>=|<>|!=)',
    `(?<placeholder>:${name}${rest}*)`,
    '(?<other>[^])',
  ].join('|'),
  'y',
);

interface Lexeme {
  readonly kind: string;
  readonly opening: string;
  readonly at: number;
  readonly sql: string;
}

/** Offset behind the token; `undefined` when it is never closed and so reaches to the end of the file. */
function endOf({ kind, opening, at, sql }: Lexeme): number | undefined {
  switch (kind) {
    case 'comment':
      return endOfComment(sql, at);
    case 'body': {
      const close = sql.indexOf(opening, at + opening.length);
      return close < 0 ? undefined : close + opening.length;
    }
    case 'other':
      // A quote that the closed forms before it in the pattern did not take.
      return opening === "'" || opening === '"' ? undefined : at + opening.length;
    default:
      return at + opening.length;
  }
}

/** Comments nest in Postgres. */
function endOfComment(sql: string, at: number): number | undefined {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  for (let depth = 0, found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return undefined;
}

function kindOf(kind: string, end: number | undefined): Token['kind'] | undefined {
  if (end === undefined) return 'unclosed';
  switch (kind) {
    case 'space':
    case 'comment':
      return undefined;
    case 'body':
      return 'string';
    case 'other':
      return 'symbol';
    case 'string':
    case 'quoted':
    case 'word':
    case 'number':
    case 'symbol':
    case 'placeholder':
      return kind;
  }
  throw new Error(`unknown lexeme ${kind}`);
}

/** `begin atomic … end` is the one body with bare semicolons; `case … end` may stand inside it. */
function bodyStep(token: Token, before: readonly Token[], depth: number): number {
  const word = wordOf(token);
  if (depth === 0) return word === 'atomic' && wordOf(before.at(-1)) === 'begin' ? 1 : 0;
  if (word === 'case' || word === 'begin') return 1;
  return word === 'end' ? -1 : 0;
}
