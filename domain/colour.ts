export const colours = ['blue', 'green'] as const;

/** One is live, the other idle. */
export type Colour = (typeof colours)[number];

export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}
