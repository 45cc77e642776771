import { type Document, type Node, isAlias, isNode, isScalar, visit } from 'yaml';
import { quote } from './manifest-problem.js';

export interface OffsetProblem {
  readonly offset: number;
  readonly message: string;
}

const problemLimit = 50;

export interface DocumentCheck {
  readonly problems: readonly OffsetProblem[];
  /** What it says is clear in spite of them. */
  readonly isReadable: boolean;
}

/** What is not plain data in YAML 1.2: broken syntax, tags, keys that stand twice or are none, aliases that name nothing. */
export function checkDocument(document: Document, lineOf: (offset: number) => number): DocumentCheck {
  const broken = [...errorProblems(document, lineOf), ...keyProblems(document), ...aliasProblems(document)];
  const problems = [...broken, ...wordProblems(document), ...doubleProblems(document, lineOf)];
  return { problems: problems.slice(0, problemLimit), isReadable: broken.length === 0 };
}

/** A tab brings the parser out of step: what it says of the rest would only hide the cause. */
function errorProblems({ errors }: Document, lineOf: (offset: number) => number): OffsetProblem[] {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT').map(({ pos: [offset] }) => offset);
  if (tabs.length === 0) return errors.map(({ pos: [offset], message }) => ({ offset, message }));
  const firstOfLine = new Map(tabs.toReversed().map((offset) => [lineOf(offset), offset]));
  const message = 'expected spaces as indentation, found a tab';
  return [...firstOfLine.values()].toReversed().map((offset) => ({ offset, message }));
}

/** Tags and the like, which change nothing of what stands there. */
function wordProblems(document: Document): OffsetProblem[] {
  const { version } = document.directives?.yaml ?? {};
  const directive = `expected YAML 1.2, found %YAML ${version}: leave the directive out`;
  return [
    ...document.warnings.map(({ pos: [offset], message }) => ({ offset, message })),
    ...(version === undefined || version === '1.2' ? [] : [{ offset: document.range?.[0] ?? 0, message: directive }]),
  ];
}

function keyProblems(document: Document): OffsetProblem[] {
  const problems: OffsetProblem[] = [];
  visit(document, {
    Pair(_key, { key }) {
      const offset = startOf(key) ?? 0;
      if (isNode(key) && !isScalar(key)) {
        problems.push({ offset, message: 'expected a word as key, found a list, a mapping or an alias' });
      } else if (isMergeKey(key)) {
        const message =
          'expected a key, found the merge key <<, which is no part of YAML 1.2: write the keys out, or put what several manifests share into a document of kind ServiceDefaults';
        problems.push({ offset, message });
      }
    },
  });
  return problems;
}

/** The parser would compare each key with each, and does not say where the first one stands. */
function doubleProblems(document: Document, lineOf: (offset: number) => number): OffsetProblem[] {
  const problems: OffsetProblem[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Map<string, number>();
      // A key that is no word is a problem of its own; as text it may be as long as two to the power of its depth.
      for (const { key } of map.items.filter((pair) => isScalar(pair.key) && !isMergeKey(pair.key))) {
        const offset = startOf(key) ?? 0;
        const name = keyName(key);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, offset);
        else problems.push({ offset, message: `the key ${quote(name)} stands in line ${lineOf(first)} already` });
      }
    },
  });
  return problems;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function aliasProblems(document: Document): OffsetProblem[] {
  const problems: OffsetProblem[] = [];
  const anchors = new Set<string>();
  visit(document, (_key, node, path) => {
    if (isAlias(node)) {
      const name = quote(`*${node.source}`);
      const isInside = path.some((outer) => isNode(outer) && 'anchor' in outer && outer.anchor === node.source);
      const offset = startOf(node) ?? 0;
      if (isInside) problems.push({ offset, message: `the alias ${name} stands inside of what it names` });
      else if (!anchors.has(node.source)) {
        problems.push({ offset, message: `expected an anchor before the alias ${name}, found none` });
      }
    } else if (isNode(node) && 'anchor' in node && typeof node.anchor === 'string') {
      anchors.add(node.anchor);
    }
  });
  return problems;
}

export function keyName(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

export function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
