import type { ReleaseStatus } from '../domain/release-state.js';
import { noWayBack, refused } from './control.js';

/**
 * What going back comes to now, one sentence, from the steps the release has begun: what was begun may have acted. For
 * `abort` and `rollback`, which are the same; refused where there is no way back.
 */
export function wayBackFrom(status: ReleaseStatus | undefined): string {
  if (status === undefined)
    return 'It goes back as far as it has come: traffic first, at once, then everything else. Contract that has begun is finished instead.';
  const { noWayBack: reason, goingBack, result, live = 'the old colour', idle = 'the new colour' } = status;
  if (reason !== undefined) throw noWayBack(reason);
  if (goingBack) return 'It is on its way back already.';
  if (result !== undefined) {
    throw refused('it has ended', 'To go back now, release the earlier version again under a new version.');
  }
  if (hasBegun(status, 'contract')) {
    return `If no statement of contract has run it goes back: ${live}'s tasks are started first, then it gets all traffic. Otherwise contract is finished, and nothing brings it back.`;
  }
  if (hasBegun(status, 'retire')) {
    return `${live} has no tasks any more: they are started first, which takes as long as its deploy, then it gets all traffic and every other change is undone.`;
  }
  if (hasBegun(status, 'cut over') || hasBegun(status, 'shift')) {
    return `One weight change gives ${live} all traffic, at once; then ${idle} goes and every other change is undone.`;
  }
  return hasBegun(status, 'provision')
    ? `All traffic is on ${live} still; what was prepared is undone.`
    : 'Nothing has been changed yet: it ends without.';
}

/** `shift` stands for every share. One that has not ended counts, and so does one that did not succeed. */
export function hasBegun({ steps }: Pick<ReleaseStatus, 'steps'>, name: string): boolean {
  return steps.some((step) => step.name === name || step.name.startsWith(`${name} `));
}
