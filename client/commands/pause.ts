import type { Command } from 'commander';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { pauseSignal } from '../../workflows/messages.js';
import { refused, registerControl } from '../control.js';

export function registerPause(program: Command): void {
  registerControl(program, {
    name: 'pause',
    description: 'hold a release at the next safe point; contract, once begun, and the way back are never held',
    reason: 'optional',
    exampleReason: 'the on-call engineer looks at it',
    prepare: ({ status }) => ({
      effect: holdOf(status),
      undone: 'Resume undoes it; abort works while it holds.',
    }),
    send: ({ signal, said }) => signal(pauseSignal, said),
  });
}

/** One sentence, from what the run says of itself; refused where nothing holds it any more. */
export function holdOf(status: ReleaseStatus | undefined): string {
  const remedy = 'Follow it with `sluice watch`.';
  if (status?.goingBack) throw refused('it is on its way back, which is never held', remedy);
  if (status?.noWayBack !== undefined) throw refused(`nothing holds it any more: ${status.noWayBack}`, remedy);
  return status?.phase === 'contract'
    ? 'It holds before contract begins, until `sluice resume`; a contract that has begun by then is not held.'
    : 'It holds at the next safe point, weights as they are, until `sluice resume`. Going back is never held.';
}
