import { found, quote, type ManifestProblem } from './manifest-problem.js';
import { isSecretName } from './manifest-secrets.js';
import { type ManifestTree, manifestTree, treeBelow } from './manifest-tree.js';

const opening = '${';
const placeholder = /\$\{([^}]*)\}?/g;
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface FilledManifest {
  readonly manifest: unknown;
  readonly problems: readonly ManifestProblem[];
}

/** Puts variables into the fields whose schema takes them. After YAML was read, so a value can be nothing but a text. */
export function fillManifest(
  manifest: unknown,
  variables: Readonly<Record<string, string | undefined>>,
): FilledManifest {
  const problems: ManifestProblem[] = [];
  const filled = mapTexts(manifest, ({ text, path, tree }) => {
    if (tree.fillable !== true) return text;
    return text.replace(placeholder, (whole, name: string) => {
      const message = refuse(whole, name);
      if (message === undefined) return valueOf(name) ?? '';
      problems.push({ path, message });
      return whole;
    });
  });
  return { manifest: filled, problems };

  function refuse(whole: string, name: string): string | undefined {
    if (!whole.endsWith('}') || !variableName.test(name)) {
      return `expected \${NAME} with the name of an environment variable, found ${quote(whole)}; there are no defaults`;
    }
    if (isSecretName(name)) {
      return `${quote(name)} looks like a secret, and what stands here can be read in every log; fill in another variable`;
    }
    const value = valueOf(name);
    if (value) return undefined;
    const state = value === undefined ? 'it is not set' : 'it is empty';
    return `expected the environment variable ${quote(name)} to fill this in, but ${state}`;
  }

  function valueOf(name: string): string | undefined {
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  }
}

/** What is left to be filled in: what stands in another field, and what the submitter has not filled in. */
export function checkWrittenOut(manifest: unknown): readonly ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  mapTexts(manifest, ({ text, path }) => {
    const where = fillablePaths.join(' and ');
    const message = `expected a value written out, ${found(text)}: the environment fills in ${where}, nothing else`;
    if (text.includes(opening)) problems.push({ path, message });
    return text;
  });
  return problems;
}

const fillablePaths = Object.entries(manifestTree.properties ?? {}).flatMap(([key, tree]) =>
  tree.fillable ? [key] : [],
);

interface Text {
  readonly text: string;
  readonly path: ManifestProblem['path'];
  readonly tree: ManifestTree;
}

/** Along the schema alone: what it does not know is refused elsewhere, however deep it goes. */
function mapTexts(
  value: unknown,
  change: (text: Text) => string,
  tree: ManifestTree = manifestTree,
  path: ManifestProblem['path'] = [],
): unknown {
  const below = (part: string | number, inner: unknown) => {
    const known = treeBelow(tree, part);
    return known === undefined ? inner : mapTexts(inner, change, known, [...path, part]);
  };
  if (typeof value === 'string') return change({ text: value, path, tree });
  if (Array.isArray(value)) return value.map((inner, index) => below(index, inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, below(key, inner)]));
}
