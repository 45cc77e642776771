import type { Command } from 'commander';
import { effectOfAnswer } from '../../domain/gate.js';
import { retrySignal } from '../../workflows/messages.js';
import { expectGate, registerControl } from '../control.js';

export function registerRetry(program: Command): void {
  registerControl(program, {
    name: 'retry',
    description: 'try the broken step again, when a release needs an operator',
    reason: 'optional',
    answersGate: true,
    exampleReason: 'the permission is there now',
    prepare: (run, options) => {
      const gate = expectGate(run, 'retry', options.gate);
      return {
        gate,
        effect: `It ${effectOfAnswer(gate, 'retry')}.`,
        undone: 'Nothing new is done by it: the step was ordered before, and comes back here when it breaks again.',
      };
    },
    send: ({ signal, said }, { gate = '' }) => signal(retrySignal, { ...said, gate }),
  });
}
