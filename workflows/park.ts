import type { FailureCode } from '../domain/failure.js';
import type { GateAnswer } from '../domain/release-state.js';
import { parkedRemedy } from '../domain/remedy.js';
import { toFailure } from './failure.js';
import type { Run } from './run.js';

export interface ParkPolicy {
  /** Failures that wait for a person; all others pass through. `any`: whatever it is. */
  readonly halts: readonly FailureCode[] | 'any';
  readonly answers: readonly Extract<GateAnswer, 'retry' | 'skip' | 'abort'>[];
}

/**
 * Acts until it succeeds or an operator says to go on without. Never swallows a failure: while it lasts, the release
 * stands as `needs-operator` with the reason. Answers with who skipped it, if somebody did.
 */
export async function parkUntil(
  run: Run,
  name: string,
  policy: ParkPolicy,
  act: () => Promise<void>,
): Promise<{ readonly actor: string; readonly reason: string } | undefined> {
  for (;;) {
    try {
      await act();
      return undefined;
    } catch (error) {
      const failure = toFailure(error);
      if (run.abortFailure() !== undefined && policy.answers.includes('abort')) throw error;
      if (policy.halts !== 'any' && !policy.halts.some((code) => code === failure.code)) throw error;
      const { code, message } = failure;
      const { answers } = policy;
      const reason = `${code}: ${message}. ${parkedRemedy(code, { name, answers })}`;
      const { answer, control } = await run.ask({ name, reason, answers });
      if (answer === 'skip') return { actor: control.actor, reason: control.reason };
    }
  }
}
