import type { Command } from 'commander';
import { abortSignal } from '../../workflows/messages.js';
import { registerControl } from '../control.js';
import { wayBackFrom } from '../way-back-words.js';

/** The abort of what runs in a lane, said by the service: what somebody types who sees the new version misbehave. */
export function registerRollback(program: Command): void {
  registerControl(program, {
    name: 'rollback',
    description: 'send all traffic back to the old version, until contract begins',
    reason: 'required',
    exampleReason: 'checkout is slow since noon',
    ofLane: true,
    endsIt: true,
    prepare: ({ status }) => ({
      effect: wayBackFrom(status),
      undone: 'A rollback cannot be taken back: to release the same content again, give it a new version.',
    }),
    send: ({ signal, said }) => signal(abortSignal, said),
  });
}
