import { z } from 'zod';
import type { ManifestProblem } from './manifest-problem.js';
import { manifestSchema } from './manifest-schema.js';

/** What the schema knows of a place in a manifest, in the words of JSON Schema and a few of ours. */
export interface ManifestTree {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, ManifestTree>>;
  readonly additionalProperties?: ManifestTree | false;
  readonly items?: ManifestTree;
  readonly required?: readonly string[];
  /** What a person would call the type: `duration`. */
  readonly typeName?: string;
  /** What may stand here, where the other keywords do not say it. */
  readonly bounds?: string;
  /** `${NAME}` may stand here. */
  readonly fillable?: true;
}

export const manifestTree = z.toJSONSchema(manifestSchema, { io: 'input', target: 'draft-7' }) as ManifestTree;

export function treeAt(path: ManifestProblem['path']): ManifestTree | undefined {
  return path.reduce<ManifestTree | undefined>(
    (tree, part) => (tree === undefined ? undefined : treeBelow(tree, part)),
    manifestTree,
  );
}

export function treeBelow(tree: ManifestTree, part: string | number): ManifestTree | undefined {
  if (typeof part === 'number') return tree.items;
  const { properties = {}, additionalProperties } = tree;
  return Object.hasOwn(properties, part) ? properties[part] : additionalProperties || undefined;
}
