import { crashPoints } from '../../domain/effect.js';

/** The effects of a release with a schema change, in the order it comes by them: those whose deaths every run tries, and the others. */
export const foremost = ['expand', 'deploy', 'shift/20', 'contract'] as const;
export const lesser = [
  'provision/revision',
  'provision/test-rule',
  'provision/service',
  'backfill',
  'cut-over',
  'retire',
] as const;

/** Each point at which a worker may die in each of the effects, in the order a release comes by. */
export function everyPoint(...effects: readonly string[]): readonly string[] {
  return effects.flatMap((effect) => crashPoints.map((point) => `${effect}:${point}`));
}
