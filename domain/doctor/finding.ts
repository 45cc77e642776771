import { type Failure, failures, isFailureCode } from '../failure.js';

/** One thing the doctor looked at. */
export interface Finding {
  /** What it is about: `production rule`, `ledger`, `workers`. */
  readonly about: string;
  /** `broken`: a release would be refused or fail. `warning`: it would go, with what is said. */
  readonly verdict: 'ok' | 'warning' | 'broken';
  /** What was found; for anything but `ok` also what was expected. */
  readonly found: string;
  /** What to do; absent for `ok`. */
  readonly remedy?: string;
}

/** What one look brought: the thing, or why it could not be seen. */
export type Seen<T> = { readonly seen: T } | { readonly failure: Failure };

export function ok(about: string, found: string): Finding {
  return { about, verdict: 'ok', found };
}

export function warning(about: string, found: string, remedy: string): Finding {
  return { about, verdict: 'warning', found, remedy };
}

export function broken(about: string, found: string, remedy: string): Finding {
  return { about, verdict: 'broken', found, remedy };
}

/** Judges what was seen; what could not be seen is broken, with the remedy of its code. */
export function judgeSeen<T>(
  about: string,
  looked: Seen<T>,
  judge: (seen: T) => readonly Finding[],
): readonly Finding[] {
  if ('seen' in looked) return judge(looked.seen);
  const { code, message } = looked.failure;
  return [broken(about, message, isFailureCode(code) ? failures[code].remedy : 'Look at the log of the worker.')];
}
