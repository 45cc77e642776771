import { setHandler } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import type { Plan } from '../domain/plan.js';
import { didNotSucceed } from '../domain/release-state.js';
import { asTuning, describeTuning, isTuned, refuseUntunable, type TunedFile } from '../domain/tuning.js';
import { tunings } from './activity-proxies.js';
import { mayHaveRun, toFailure } from './failure.js';
import { type Retuning, tuneUnanswered, tuneUpdate } from './messages.js';
import type { Run } from './run.js';

export interface Tunable {
  readonly plan: Plan;
  readonly generation: number;
}

/**
 * Lets an operator make the backfill gentler or faster, from when the release is admitted until the backfill is done. What is
 * in force lies in the database: neither the run nor an attempt has to be alive for it.
 */
export function hearTunings(run: Run, admitted: () => Tunable | undefined): void {
  setHandler(
    tuneUpdate,
    async ({ tuning, reset = false, actor, reason }: Retuning) => {
      const because = reason === '' ? '' : `: ${reason}`;
      const text = reset ? `tune anew, ${describeTuning(tuning)}` : `tune, ${describeTuning(tuning)}`;
      try {
        const files = await order({ tuning, reset, actor, reason });
        run.decide(actor, `${text} (before: ${beforeOf(files)})${because}`);
        return files;
      } catch (error) {
        const { words, type } = tuneFailed(error);
        const { message } = toFailure(error);
        run.decide(actor, `${text}${words}, ${message}${because}`);
        throw ApplicationFailure.nonRetryable(message, type);
      }
    },
    { validator: (said) => refuseTuning(run, admitted(), said) },
  );

  async function order(order: Omit<Retuning, 'requestId'>): Promise<readonly TunedFile[]> {
    const found = admitted();
    if (found === undefined) throw new Error('a tuning was taken before the release was admitted');
    const { release } = run;
    const files = await tunings.tune({ release, generation: found.generation, order });
    if (files.length > 0) return files;
    throw ApplicationFailure.nonRetryable('the backfill is done');
  }
}

/** Who did not say how it ended may have written it, and so may an attempt whose line to the database was lost. */
export function tuneFailed(error: unknown): { readonly words: string; readonly type: string } {
  return mayHaveRun(error) || toFailure(error).code === 'database-unreachable'
    ? { words: ': nobody knows whether it is in force', type: tuneUnanswered }
    : { words: ' refused', type: toFailure(error).code };
}

function beforeOf(files: readonly TunedFile[]): string {
  return [...new Set(files.map(({ was }) => describeTuning(was)))].join('; ');
}

/** Synchronous and pure: a refused update leaves nothing in the history. It may come from the Temporal UI, with anything in it. */
function refuseTuning(run: Run, admitted: Tunable | undefined, said: Retuning): void {
  const { steps, goingBack, result } = run.status();
  if (asTuning(said.tuning) === undefined) throw refusal('expected a tuning such as {"pace": 0.2, "batchMs": 5}');
  const untunable = refuseUntunable(said.tuning);
  if (untunable !== undefined) throw refusal(untunable);
  if (!isTuned(said.tuning) && said.reset !== true) throw refusal('expected a tuning with something in it, or a reset');
  if (typeof said.actor !== 'string' || typeof said.reason !== 'string')
    throw refusal('expected an actor and a reason');
  if (goingBack === true || result !== undefined) throw refusal('the release is on its way back, or has ended');
  if (admitted === undefined) throw refusal('the release is not admitted yet; say it again once it is');
  if (admitted.plan.database?.backfill !== true) throw refusal('the release has no backfill');
  const backfill = steps.findLast(({ name }) => name === 'backfill');
  if (backfill?.endedAt !== undefined && backfill.note !== didNotSucceed) throw refusal('the backfill is done');
}

function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message);
}
