import type { Command } from 'commander';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { abortSignal } from '../../workflows/messages.js';
import { noWayBack, refused, registerControl } from '../control.js';

/** The abort of what runs in a lane, said by the service: what somebody types who sees the new version misbehave. */
export function registerRollback(program: Command): void {
  registerControl(program, {
    name: 'rollback',
    description: 'send all traffic back to the old version, until contract begins',
    reason: 'required',
    exampleReason: 'checkout is slow since noon',
    ofLane: true,
    prepare: ({ status }) => ({
      effect: status === undefined ? 'It goes back as far as it has come.' : wayFrom(status),
      undone: 'A rollback cannot be taken back: to release the same content again, give it a new version.',
    }),
    send: ({ signal, said }) => signal(abortSignal, said),
  });
}

/** One sentence, from what the run says of itself; refused where there is no way back. */
export function wayFrom({ noWayBack: reason, goingBack, phase, steps, live, idle }: ReleaseStatus): string {
  const old = live ?? 'the old colour';
  if (reason !== undefined) throw noWayBack(reason);
  if (goingBack) return 'It is on its way back already.';
  switch (phase) {
    case 'admit':
    case 'provision':
    case 'expand':
    case 'backfill':
    case 'deploy':
    case 'smoke':
      return `All traffic is on ${old} still; what was prepared is undone.`;
    case 'ended':
      throw refused('it has ended', 'To go back now, release the earlier version again under a new version.');
    case 'canary':
    case 'cut-over':
    case 'keep-warm':
    case 'retire':
    case 'contract':
    case 'roll-back':
    case 'needs-operator':
  }
  return steps.some(({ name, endedAt }) => name === 'retire' && endedAt !== undefined)
    ? `${old} has no tasks any more: they are started first, which takes as long as its deploy, then it gets all traffic.`
    : `One weight change gives ${old} all traffic; then ${idle ?? 'the new colour'} goes and every other change is undone.`;
}
