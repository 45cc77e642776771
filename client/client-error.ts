import { type FailureCode, failures } from '../domain/failure.js';
import type { ExitName } from './exit-codes.js';
import type { LocatedProblem } from './located-problem.js';

/** What a command ends with instead of a report. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly exit: ExitName;
  /** Of the failure table, or the name of the exit where the table has none. */
  readonly code: FailureCode | ExitName;
  /** What to do now. */
  readonly remedy: string;
  readonly problems: readonly LocatedProblem[];

  constructor(error: {
    readonly exit: ExitName;
    readonly message: string;
    readonly remedy: string;
    readonly code?: FailureCode;
    readonly problems?: readonly LocatedProblem[];
    readonly cause?: unknown;
  }) {
    super(error.message, { cause: error.cause });
    this.exit = error.exit;
    this.code = error.code ?? error.exit;
    this.remedy = error.remedy;
    this.problems = error.problems ?? [];
  }
}

/** A failure of the table, as the client tells it: the remedy is printed unchanged. */
export function refusal(code: FailureCode, message: string, problems: readonly LocatedProblem[] = []): ClientError {
  return new ClientError({ exit: 'refused', code, message, remedy: failures[code].remedy, problems });
}
