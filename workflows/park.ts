import { patched } from '@temporalio/workflow';
import type { FailureCode } from '../domain/failure.js';
import type { GateAnswer } from '../domain/release-state.js';
import { parkedRemedy } from '../domain/remedy.js';
import { mayPass, toFailure } from './failure.js';
import type { Run } from './run.js';

export interface ParkPolicy {
  /** Failures that wait for a person; all others pass through. `any`: whatever it is. */
  readonly halts: readonly FailureCode[] | 'any';
  readonly answers: readonly Extract<GateAnswer, 'retry' | 'skip' | 'abort'>[];
}

/** Who goes on without it, and why. */
export interface Skip {
  readonly actor: string;
  readonly reason: string;
}

/** Doubled with each attempt nobody has asked for: an outage may last for days, and every attempt is history. */
const firstPauseMs = 60_000;
const longestPauseMs = 30 * 60_000;

/**
 * Acts until it succeeds or an operator says to go on without. Never swallows a failure: while it lasts, the release
 * stands as `needs-operator` with the reason. What halts at `any` failure is tried again without a word where the cause
 * may pass: nobody has to be awake for the end of an outage. Answers with who skipped it, if somebody did.
 */
export async function parkUntil(
  run: Run,
  name: string,
  policy: ParkPolicy,
  act: () => Promise<void>,
): Promise<Skip | undefined> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      await act();
      return undefined;
    } catch (error) {
      const failure = toFailure(error);
      if (run.abortFailure() !== undefined && policy.answers.includes('abort')) throw error;
      if (policy.halts !== 'any' && !policy.halts.some((code) => code === failure.code)) throw error;
      const { code, message } = failure;
      const { answers } = policy;
      const againInMs = policy.halts === 'any' && mayPass(error) && patched('tried-again') ? pauseMs : undefined;
      const reason = `${code}: ${message}. ${parkedRemedy(code, { name, answers }, againInMs)}`;
      const said = await run.ask({ name, reason, answers }, againInMs);
      if (said?.answer === 'skip') return { actor: said.control.actor, reason: said.control.reason };
    }
  }
}
