// The reference page of `--json`: a table a document, from the types that the commands hand to `run`.
import path from 'node:path';
import ts from 'typescript';

/** Where the documents are declared, and what each command prints; several where it depends on what it was asked. */
const sources = [
  'client/reports.ts',
  'domain/lint/finding.ts',
  'domain/schema-change.ts',
  'domain/tuning.ts',
  'embedded/stack-file.ts',
  'embedded/commands.ts',
];
const documents = {
  up: ['StackFile'],
  down: ['DownReport'],
  setup: ['SetupReport'],
  'db plan': ['SchemaStanding'],
  'db status': ['SchemaStanding'],
  'db lint': ['LintReport'],
  'db expand': ['SchemaOutcome'],
  'db backfill': ['SchemaOutcome'],
  'db start': ['SchemaOutcome'],
  'db complete': ['SchemaOutcome'],
  'db contract': ['SchemaOutcome'],
  'db rollback': ['SchemaOutcome'],
  'db tune': ['SchemaTuning'],
  'db verify': ['SchemaOutcome'],
  'db history': ['SchemaHistory'],
  'db purge': ['SchemaPurge'],
  'db diff': ['SchemaDiff'],
  'db repair': ['SchemaRepairs'],
  'db baseline': ['SchemaBaseline'],
  init: ['InitReport'],
  validate: ['ValidationReport'],
  doctor: ['DoctorReport'],
  plan: ['PlanReport'],
  release: ['ReleaseReport'],
  status: ['StatusReport', 'LaneReport', 'OverviewReport'],
  watch: ['ReleaseReport'],
  history: ['HistoryReport'],
  logs: ['LogReport'],
  pause: ['ControlReport'],
  tune: ['ControlReport'],
  resume: ['ControlReport'],
  approve: ['ControlReport'],
  abort: ['ControlReport'],
  rollback: ['ControlReport'],
  retry: ['ControlReport'],
  skip: ['ControlReport'],
  completion: ['CompletionReport'],
};

/** @param commands names of all commands; @param root folder of the repository */
export function jsonPage(commands, root) {
  const undocumented = commands.filter((name) => !(name in documents));
  if (undocumented.length > 0) throw new Error(`tools/json-page.mjs does not say what ${undocumented} print`);
  const checker = readTypes(root);
  const named = sectionsOf([...new Set(Object.values(documents).flat()), 'ErrorReport'], checker);
  return [
    '# What `--json` prints',
    'Generated from the code by `node tools/docs.mjs`.',
    'With `--json` a command prints one document on stdout; progress and refusals for people are on stderr. A command that ' +
      'could not do what it was asked for prints an [`ErrorReport`](#errorreport), whichever it is. The exit code is the same ' +
      'as without. Times are epoch milliseconds, durations end in `Ms`. A key with a question mark is absent where it has no value. Keys may ' +
      'be added; what is there keeps its name and its meaning.',
    table(
      ['command', 'document'],
      commands.map((name) => [`\`sluice ${name}\``, documents[name].map(link).join(' or ')]),
    ),
    ...named,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** The types by their names, and the compiler's knowledge of them. */
function readTypes(root) {
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config;
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const program = ts.createProgram(
    sources.map((file) => path.join(root, file)),
    { ...options, noEmit: true },
  );
  const checker = program.getTypeChecker();
  const exported = sources.flatMap((file) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path.join(root, file)))),
  );
  const find = (name) => {
    const symbol = exported.find((it) => it.name === name);
    if (symbol === undefined) throw new Error(`${sources.join(', ')} declare no ${name}`);
    return checker.getDeclaredTypeOfSymbol(symbol);
  };
  return { checker, find };
}

/** A section for each name, and for every type of ours that one of them mentions. */
function sectionsOf(names, { checker, find }) {
  const waiting = names.map((name) => ({ name, type: find(name) }));
  const known = new Set(names);
  const sections = [];
  for (const { name, type } of waiting) {
    const mention = (found) => {
      if (!known.has(nameOf(found))) waiting.push({ name: nameOf(found), type: found });
      known.add(nameOf(found));
    };
    const words = commentOf(type.aliasSymbol ?? type.symbol, checker);
    const variants = type.isUnion() ? type.types : [type];
    sections.push(
      `## ${name}`,
      ...(words === '' ? [] : [words]),
      ...(type.isUnion() ? ['One of:'] : []),
      ...variants.map((variant) => propertyTable(variant, checker, mention)),
    );
  }
  return sections;
}

function propertyTable(type, checker, mention) {
  const rows = checker.getPropertiesOfType(type).map((property) => {
    const { key, value } = keyOf(property, checker);
    return [key, typeText(value, checker, mention), commentOf(property, checker)];
  });
  return table(['key', 'value', 'meaning'], rows);
}

/** A key that may be absent has a question mark. */
function keyOf(property, checker) {
  const mark = (property.flags & ts.SymbolFlags.Optional) === 0 ? '' : '?';
  return { key: `\`${property.name}\`${mark}`, value: checker.getNonNullableType(checker.getTypeOfSymbol(property)) };
}

/** In Markdown: a type of ours is a link to its section. */
function typeText(type, checker, mention) {
  const inner = (it) => typeText(it, checker, mention);
  if (checker.isArrayType(type)) return `list of ${inner(checker.getTypeArguments(type)[0])}`;
  if (isPlain(type)) return words(type, checker);
  const record = type.getStringIndexType();
  if (record !== undefined) return `mapping of ${inner(record)}`;
  if (nameOf(type) !== undefined) {
    mention(type);
    return link(nameOf(type));
  }
  if (type.isUnion()) return type.types.map(inner).join(' or ');
  const properties = checker.getPropertiesOfType(type).map((it) => {
    const { key, value } = keyOf(it, checker);
    return `${key}: ${inner(value)}`;
  });
  return properties.join(', ');
}

/** A text, a number, a yes or no, or one of several words. */
function isPlain(type) {
  const flags = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.Unknown;
  return (type.flags & flags) !== 0 || (type.isUnion() && type.types.every(isPlain));
}

function words(type, checker) {
  if (type.flags & ts.TypeFlags.Unknown) return 'anything';
  if (type.flags & ts.TypeFlags.BooleanLike) return '`true` or `false`';
  if (type.isUnion()) return [...new Set(type.types.map((it) => words(it, checker)))].sort().join(', ');
  const text = checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
  return { string: 'text', number: 'number' }[text] ?? `\`${text.replaceAll('"', '')}\``;
}

/** `undefined` for what has no name of ours: `Readonly<…>` says nothing to a reader. */
function nameOf(type) {
  const symbol = type.aliasSymbol ?? type.symbol;
  const isOurs = symbol?.declarations?.some((it) => !it.getSourceFile().isDeclarationFile) === true;
  return isOurs && !symbol.name.startsWith('__') ? symbol.name : undefined;
}

function commentOf(symbol, checker) {
  return symbol === undefined
    ? ''
    : ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ');
}

function link(name) {
  return `[\`${name}\`](#${name.toLowerCase()})`;
}

function table(head, rows) {
  const escaped = (cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const line = (parts) => `| ${parts.map(escaped).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
