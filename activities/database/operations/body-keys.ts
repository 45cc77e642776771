import { z } from 'zod';
import type { ManifestProblem } from '../../admission/manifest-problem.js';
import { type ManifestTree, treeBelow } from '../../admission/manifest-tree.js';

/** The keys that may stand at a place of an operation's body: for the hint beside an unknown one. */
export function knownKeysAt(schema: z.ZodType, path: ManifestProblem['path']): readonly string[] {
  const root = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as Tree;
  const tree = path.reduce<Tree | undefined>((above, part) => above && below(above, part), root);
  return tree === undefined ? [] : keysOf(tree);
}

type Tree = ManifestTree & { readonly anyOf?: readonly Tree[]; readonly allOf?: readonly Tree[] };

function variantsOf(tree: Tree): readonly Tree[] {
  return [tree, ...[...(tree.anyOf ?? []), ...(tree.allOf ?? [])].flatMap(variantsOf)];
}

function below(tree: Tree, part: string | number): Tree | undefined {
  return variantsOf(tree)
    .map((variant) => treeBelow(variant, part))
    .find((found) => found !== undefined);
}

function keysOf(tree: Tree): readonly string[] {
  return [...new Set(variantsOf(tree).flatMap(({ properties = {} }) => Object.keys(properties)))];
}
