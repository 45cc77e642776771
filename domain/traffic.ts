import { type Colour, colours, otherColour } from './colour.js';

/** Integer weights 0..999 of both colours in one load balancer rule. Always both: a rule that forgets one is drift. */
export type Weights = Readonly<Record<Colour, number>>;

/** Canary steps are per cent; sluice writes weights that add up to this. */
export const fullWeight = 100;

/** The rule when `percent` (0..100) of the traffic goes to `colour`. */
export function weightsFor(colour: Colour, percent: number): Weights {
  const rest = fullWeight - percent;
  return colour === 'blue' ? { blue: percent, green: rest } : { blue: rest, green: percent };
}

export function sameWeights(a: Weights, b: Weights): boolean {
  return colours.every((colour) => a[colour] === b[colour]);
}

/** The colour that has all traffic, or `undefined` when both have some or neither has any. */
export function liveColour(weights: Weights): Colour | undefined {
  return colours.find((colour) => weights[colour] > 0 && weights[otherColour(colour)] === 0);
}

/** `blue 95, green 5` */
export function describeWeights(weights: Weights): string {
  return colours.map((colour) => `${colour} ${weights[colour]}`).join(', ');
}

/** What a rule forwards to, target group ARN → weight: `blue 80, green not there, arn:… 20 (neither blue nor green)`. */
export function describeForward(
  found: Readonly<Record<string, number>>,
  targetGroups: Readonly<Record<Colour, string>>,
): string {
  const strange = Object.entries(found).filter(([group]) => !Object.values(targetGroups).includes(group));
  return [
    ...colours.map((colour) => `${colour} ${found[targetGroups[colour]] ?? 'not there'}`),
    ...strange.map(([group, weight]) => `${group} ${weight} (neither blue nor green)`),
  ].join(', ');
}
