import type { GoingBack } from './schema-change.js';

/**
 * What going back to the old code means while a change of a schema is under way. `safe`: it works on the schema as it is,
 * and all it had is there. `shim`: it does because triggers keep its form of the rows. `irreversible`: something is gone
 * or stays changed.
 */
export interface RollbackVerdict {
  readonly verdict: GoingBack['verdict'];
  /** Why, and what going back loses, each a sentence or part of one. */
  readonly because: readonly string[];
}

const severity = { safe: 0, shim: 1, irreversible: 2 } as const;

/** The worst of all, with the reasons of those that are as bad; safe when there is none. */
export function worstVerdict(each: readonly RollbackVerdict[]): RollbackVerdict {
  const worst = Math.max(0, ...each.map(({ verdict }) => severity[verdict]));
  const verdict = worst === 2 ? 'irreversible' : worst === 1 ? 'shim' : 'safe';
  const because = each.filter((one) => one.verdict === verdict).flatMap((one) => one.because);
  return { verdict, because: [...new Set(because)] };
}

/** `rollback: needs a shim: alter_column loses what down does not keep` */
export function describeVerdict({ verdict, because }: RollbackVerdict): string {
  const words = { safe: 'safe with the old code', shim: 'needs a shim', irreversible: 'irreversible from here' };
  return `rollback: ${[words[verdict], ...(because.length === 0 ? [] : [because.join('; ')])].join(': ')}`;
}
