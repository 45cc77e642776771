import type { z } from 'zod';
import { nearestWord } from './nearest-word.js';
import { mayHoldSecret } from './manifest-secrets.js';

/** One thing that is wrong with a manifest. */
export interface ManifestProblem {
  /** From the root of the document; a missing key is the last element of its own path. */
  readonly path: readonly (string | number)[];
  /** What was expected, what was found; one sentence, no secret in it. */
  readonly message: string;
  /** The key itself is wrong, not what stands under it. */
  readonly at?: 'key';
  /** Where it is, in a file beside the manifest that the path ends with. */
  readonly place?: { readonly line: number; readonly column: number };
}

/** The error option of a zod schema: `expected <what>, found <input>`. */
export function expected(what: string): { error: (issue: { input?: unknown }) => string } {
  return { error: (issue) => `expected ${what}, ${found(issue.input)}` };
}

/** The end of a message: what stood there instead. Values that may hold a secret are not repeated. */
export function found(input: unknown): string {
  switch (typeof input) {
    case 'undefined':
      return 'found nothing';
    case 'string':
      return mayHoldSecret(input) ? 'found a value not repeated here, it may hold a secret' : `found ${quote(input)}`;
    case 'number':
    case 'bigint':
      return `found the number ${input}`;
    case 'boolean':
      return `found the boolean ${input}`;
    default:
      if (input === null) return 'found nothing';
      return Array.isArray(input) ? `found a list of ${input.length}` : 'found a mapping';
  }
}

/** One problem a key: zod reports all unknown keys of a mapping in one issue. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  knownKeysAt: (path: ManifestProblem['path']) => readonly string[],
): ManifestProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeysAt(path);
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, known), at: 'key' as const }));
    }
    const at = issue.code === 'custom' && issue.params?.at === 'key' ? { at: 'key' as const } : {};
    return [{ path, message: issue.message, ...at }];
  });
}

/** Leaves aside what is said of a place that has been spoken of. */
export function without(
  problems: readonly ManifestProblem[],
  spokenOf: readonly ManifestProblem[],
): readonly ManifestProblem[] {
  const places = new Set(spokenOf.map(({ path }) => JSON.stringify(path)));
  return problems.filter(({ path }) => !places.has(JSON.stringify(path)));
}

function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestWord(key, known);
  const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean ${quote(nearest)}?`;
  return `unknown key ${quote(key)}; ${hint}`;
}

/** In quotes, and cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
