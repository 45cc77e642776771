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
    const [kind, text] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (kind === undefined || text === undefined) throw new Error(`no token at offset ${at}`);
    const end = endOf({ kind, text, at, sql });
    const whole = sql.slice(at, end);
    const tokenKind = kindOf(kind, whole, text);
    if (tokenKind !== undefined) yield { kind: tokenKind, text: whole, at };
    at = end;
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
  readonly text: string;
  readonly at: number;
  readonly sql: string;
}

/** Offset behind the token; what is never closed reaches to the end of the file. */
function endOf({ kind, text, at, sql }: Lexeme): number {
  switch (kind) {
    case 'comment':
      return endOfComment(sql, at);
    case 'body': {
      const close = sql.indexOf(text, at + text.length);
      return close < 0 ? sql.length : close + text.length;
    }
    case 'other':
      return text === "'" || text === '"' ? sql.length : at + text.length;
    case 'space':
    case 'string':
    case 'quoted':
    case 'word':
    case 'number':
    case 'symbol':
    case 'placeholder':
      return at + text.length;
  }
  throw new Error(`unknown lexeme ${kind}`);
}

/** Comments nest in Postgres. */
function endOfComment(sql: string, at: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  for (let depth = 0, found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return sql.length;
}

function kindOf(kind: string, whole: string, opening: string): Token['kind'] | undefined {
  switch (kind) {
    case 'space':
      return undefined;
    case 'comment':
      return whole.length > 3 && whole.endsWith('*/') ? undefined : 'unclosed';
    case 'body':
      return whole.length > opening.length && whole.endsWith(opening) ? 'string' : 'unclosed';
    case 'other':
      return opening === "'" || opening === '"' ? 'unclosed' : 'symbol';
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
