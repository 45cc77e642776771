import type { Command } from 'commander';
import { pauseSignal } from '../../workflows/messages.js';
import { registerControl } from '../control.js';

export function registerPause(program: Command): void {
  registerControl(program, {
    name: 'pause',
    description: 'hold a release at the next safe point',
    reason: 'optional',
    exampleReason: 'the on-call engineer looks at it',
    prepare: () => ({
      effect: 'It holds at the next safe point, weights as they are, until `sluice resume`. Going back is never held.',
      undone: 'Resume undoes it; abort works while it holds.',
    }),
    send: ({ signal, said }) => signal(pauseSignal, said),
  });
}
