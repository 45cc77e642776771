import { nearestWord } from '../activities/admission/nearest-word.js';
import { apiVersion } from '../activities/admission/request-schema.js';
import { expected, found, quote, type ManifestProblem } from '../activities/admission/manifest-problem.js';
import type { LocatedProblem } from './located-problem.js';
import type { SourceDocument } from './manifest-source.js';

/** Several documents as one: what a service shares first, the release last. */
export interface MergedManifest {
  readonly data: unknown;
  readonly problems: readonly LocatedProblem[];
  /** The document a value came from: relative paths are relative to its file. */
  readonly sourceOf: (path: Path) => SourceDocument;
  readonly locate: (problem: ManifestProblem) => LocatedProblem;
}

type Path = ManifestProblem['path'];
type Mapping = Readonly<Record<string, unknown>>;

const kinds = ['ServiceDefaults', 'Release'] as const;

/**
 * Any number of `ServiceDefaults`, then one `Release`. Mappings merge key by key; of lists and single values the last
 * one counts. With a document too many or one missing, nothing is merged, since nobody can say what was meant.
 */
export function mergeDocuments(documents: readonly SourceDocument[]): MergedManifest {
  const order = checkOrder(documents);
  const words = documents.flatMap((document) => checkWords(document, documents.length === 1));
  const sourceOf = (path: Path) => owner(documents, path);
  return {
    data: order.length > 0 ? undefined : asRelease(merge(documents.map(({ data }) => data)), words.length > 0),
    problems: [...order, ...words],
    sourceOf,
    locate: (problem) => locateIn(sourceOf(problem.path), problem),
  };
}

function checkOrder(documents: readonly SourceDocument[]): LocatedProblem[] {
  const releases = documents.filter((document) => kindOf(document) === 'Release');
  const [release, ...more] = releases;
  const last = documents.at(-1);
  if (release !== undefined && more.length > 0) {
    const { file, line } = locateIn(release, { path: ['kind'], message: '' });
    const message = `expected one document of kind Release, found another one in ${file}:${line}: put each release into a file of its own`;
    return more.map((document) => locateIn(document, { path: ['kind'], message }));
  }
  if (release !== undefined && release !== last) {
    return [
      locateIn(release, { path: ['kind'], message: 'expected the Release last, found ServiceDefaults after it' }),
    ];
  }
  if (last !== undefined && kindOf(last) === 'ServiceDefaults') {
    return [locateIn(last, { path: ['kind'], message: 'expected a document of kind Release after it, found none' })];
  }
  return [];
}

/** What every document must say of itself; what a single one that is no mapping lacks, the schema says. */
function checkWords(document: SourceDocument, isSingle: boolean): LocatedProblem[] {
  const { data } = document;
  if (!isMapping(data)) {
    const message = `expected a mapping with apiVersion and kind, ${found(data)}`;
    return isSingle ? [] : [locateIn(document, { path: [], message })];
  }
  const problems: ManifestProblem[] = [];
  if (data.apiVersion !== apiVersion) {
    problems.push({ path: ['apiVersion'], message: expected(apiVersion).error({ input: data.apiVersion }) });
  }
  if (!kinds.some((kind) => kind === data.kind)) {
    const near = typeof data.kind === 'string' ? nearestWord(data.kind, kinds) : undefined;
    const hint = near === undefined ? '' : `; did you mean ${quote(near)}?`;
    problems.push({
      path: ['kind'],
      message: `expected ${kinds.toReversed().join(' or ')}, ${found(data.kind)}${hint}`,
    });
  }
  return problems.map((problem) => locateIn(document, problem));
}

function kindOf({ data }: SourceDocument): unknown {
  return isMapping(data) ? data.kind : undefined;
}

/** What has been said of these two words is not said again. */
function asRelease(data: unknown, saidSo: boolean): unknown {
  return saidSo && isMapping(data) ? { ...data, apiVersion, kind: 'Release' } : data;
}

function merge(layers: readonly unknown[]): unknown {
  const counted = thatCount(layers);
  if (counted.length < 2) return counted[0];
  const mappings = counted as readonly Mapping[];
  const keys = new Set(mappings.flatMap((mapping) => Object.keys(mapping)));
  return Object.fromEntries(
    [...keys].map((key) => [key, merge(mappings.filter((it) => Object.hasOwn(it, key)).map((it) => it[key]))]),
  );
}

/** The last value alone, or with it the mappings right before it. */
function thatCount(layers: readonly unknown[]): readonly unknown[] {
  const last = layers.findLastIndex((layer) => !isMapping(layer));
  return layers.slice(last === layers.length - 1 ? last : last + 1);
}

/** Goes down the path as `merge` does; of several mappings the last one answers for what is missing in all. */
function owner(documents: readonly SourceDocument[], path: Path): SourceDocument {
  let layers = documents.map((document) => ({ document, value: document.data }));
  for (const part of path) {
    const counted = thatCount(layers.map(({ value }) => value)).length;
    layers = layers.slice(layers.length - counted);
    const below = layers.filter(({ value }) => isMapping(value) && Object.hasOwn(value, part));
    if (below.length === 0) break;
    layers = below.map(({ document, value }) => ({ document, value: (value as Mapping)[part] }));
  }
  return (layers.at(-1) ?? layers[0])?.document as SourceDocument;
}

function locateIn({ file, positionOf }: SourceDocument, problem: ManifestProblem): LocatedProblem {
  return { file, ...positionOf(problem), path: problem.path.join('.'), message: problem.message };
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
