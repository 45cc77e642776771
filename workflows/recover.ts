import { CancellationScope, allHandlersFinished, condition } from '@temporalio/workflow';
import type { ReleaseResult } from '../domain/release-state.js';
import type { ReleaseRef } from '../domain/lane.js';
import { goBack } from './compensation.js';
import { openRun } from './run.js';

export interface RecoverInput {
  readonly release: ReleaseRef;
  /** How the run was lost. */
  readonly reason: string;
}

/** Takes a release whose run was terminated or timed out to a proven state. Needs only the ledger. */
export async function recover({ release, reason }: RecoverInput): Promise<ReleaseResult> {
  const run = openRun(release, 'roll-back');
  return CancellationScope.nonCancellable(async () => {
    const result = await goBack.throughLedger(run, { code: 'internal', message: `the run was lost: ${reason}` });
    await condition(allHandlersFinished);
    return result;
  });
}
