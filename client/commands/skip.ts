import type { Command } from 'commander';
import { effectOfAnswer } from '../../domain/gate.js';
import { skipSignal } from '../../workflows/messages.js';
import { expectGate, registerControl } from '../control.js';

export function registerSkip(program: Command): void {
  registerControl(program, {
    name: 'skip',
    description: 'go on without the broken step, which you have done by hand',
    reason: 'required',
    answersGate: true,
    exampleReason: 'done by hand, see ticket 4711',
    prepare: (run, options) => {
      const gate = expectGate(run, 'skip', options.gate);
      return {
        gate,
        effect: `It ${effectOfAnswer(gate, 'skip')}.`,
        undone: 'This cannot be taken back: sluice does not come back to the step.',
      };
    },
    send: ({ signal, said }, { gate = '' }) => signal(skipSignal, { ...said, gate }),
  });
}
