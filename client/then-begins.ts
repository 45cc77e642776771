import { type Lane, laneName } from '../domain/lane.js';

/** What its lane does once a release has ended, said before somebody ends it. `waiting`: next first; `undefined` where no worker says. */
export function thenBegins(lane: Lane, waiting: readonly string[] | undefined): readonly string[] {
  if (waiting === undefined) return ['No worker says what waits in its lane: that begins then.'];
  const [next, ...others] = waiting;
  if (next === undefined) return [];
  const after = others.length === 0 ? '' : ` (after it ${others.join(', ')})`;
  const abort = `sluice abort ${laneName(lane)}/${next} --reason "why"`;
  return [`Then ${next}, which waits in its lane, begins${after}: where it should not, \`${abort}\` first.`];
}
