import type { Colour } from '../domain/colour.js';
import type { Weights } from '../domain/traffic.js';
import { colours } from './colours.js';

const width = 40;

/** `blue  ████░░░░  10 %` */
export function weightsBar(colour: Colour, weights: Weights): string {
  const share = weights[colour] / Math.max(1, weights.blue + weights.green);
  const full = Math.round(share * width);
  const paint = colour === 'blue' ? colours.blue : colours.green;
  const bar = `${paint('█'.repeat(full))}${colours.dim('░'.repeat(width - full))}`;
  return `${colour.padEnd(6)}${bar} ${String(Math.round(share * 100)).padStart(3)} %`;
}
