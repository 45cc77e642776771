import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../domain/failure.js';

/** A resource as it can be looked at. */
export interface Observed<State> {
  observe(): Promise<State>;
  holds(wanted: State, found: State): boolean;
  /** For a person. */
  describe(state: State): string;
}

const looks = 5;
const pauseMs = 200;

/**
 * Answers with the state that was found, one of `ours`; `traffic-drift` for any other. Looks several times: right after
 * our own last change, a stale answer looks like somebody else's, and it must not become the pre-state either.
 */
export async function refuseDrift<State>(
  resource: Observed<State>,
  ours: readonly State[],
  first: State,
): Promise<State> {
  let found = first;
  for (let look = 1; look <= looks; look++) {
    if (ours.some((state) => resource.holds(state, found))) return found;
    await sleep(pauseMs);
    found = await resource.observe();
  }
  const expected = ours.map((state) => resource.describe(state)).join(' or ');
  throw new ReleaseError(
    'traffic-drift',
    `expected ${expected}, found ${resource.describe(found)}: somebody else has changed it`,
  );
}
