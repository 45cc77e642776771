import { durationText } from './duration.js';
import { type Failure, type FailureEntry, defect, failures } from './failure.js';
import { describeAnswers } from './gate.js';
import type { Gate, Outcome } from './release-state.js';

/**
 * What to do about a failure that a release is parked on: nothing is tried by itself any more, but for what has a time
 * to be tried again, its files and its manifest are frozen, and a new version would only wait behind this one. What may
 * be said then is what the gate takes.
 */
export function parkedRemedy(code: Failure['code'], gate: Pick<Gate, 'name' | 'answers'>, againInMs?: number): string {
  return `${mend(code, againInMs)} ${describeAnswers(gate)}.`;
}

function mend(code: Failure['code'], againInMs: number | undefined): string {
  if (code === 'internal') return defect.remedy;
  const { parked, retryable, actor, remedy }: FailureEntry = failures[code];
  if (againInMs !== undefined)
    return `${parked ?? 'Mend the cause.'} It is tried again by itself in ${durationText(againInMs)}.`;
  if (parked !== undefined) return parked;
  if (retryable) return 'It was tried often enough, and is not tried by itself any more: mend the cause.';
  return actor === 'author' ? 'Mend by hand what is named: the release holds to what was admitted.' : remedy;
}

/** What to do about what a release has ended with: nobody can answer it any more. */
export function endedRemedy(code: Failure['code'], outcome: Outcome): string {
  if (code === 'internal') return defect.remedy;
  const { ended, retryable, remedy }: FailureEntry = failures[code];
  if (ended === undefined && !retryable) return remedy;
  const again = outcome === 'refused' ? 'submit it again' : 'release again, under a new version';
  return `${ended ?? 'It was tried for as long as a release waits: mend the cause.'} Then ${again}.`;
}
