import { crashPoints } from '../../domain/effect.js';

/** Each point at which a worker may die in each of the effects, in the order a release comes by. */
export function everyPoint(...effects: readonly string[]): readonly string[] {
  return effects.flatMap((effect) => crashPoints.map((point) => `${effect}:${point}`));
}
