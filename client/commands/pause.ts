import type { Command } from 'commander';
import { laneName } from '../../domain/lane.js';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { pauseSignal } from '../../workflows/messages.js';
import { refused, registerControl } from '../control.js';
import { hasBegun } from '../way-back-words.js';

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
  if (status === undefined)
    return 'It holds at the next safe point, weights as they are, until it is resumed. Going back and contract are never held.';
  const remedy = `Follow it with \`sluice watch ${laneName(status.lane)}/${status.version}\`.`;
  if (status.goingBack) throw refused('it is on its way back, which is never held', remedy);
  if (status.noWayBack !== undefined) throw refused(`nothing holds it any more: ${status.noWayBack}`, remedy);
  if (status.gate?.name === 'contract') {
    throw refused(
      'it waits at contract, which nothing holds once it was begun; it stays there until somebody answers',
      remedy,
    );
  }
  if (hasBegun(status, 'contract')) throw refused('contract is on, and nothing holds it any more', remedy);
  return hasBegun(status, 'prove old version gone')
    ? 'It holds before contract begins, until it is resumed; a contract that has begun by then is not held.'
    : 'It holds at the next safe point, weights as they are, until it is resumed. Going back is never held.';
}
