import type { Command } from 'commander';
import { retrySignal } from '../../workflows/messages.js';
import { expectGate, registerControl } from '../control.js';

export function registerRetry(program: Command): void {
  registerControl(program, {
    name: 'retry',
    description: 'try the broken step again, when a release needs an operator',
    reason: 'optional',
    send: async ({ signal, run }) => {
      expectGate(run, 'retry');
      await signal(retrySignal);
      return { effect: `It tries ${run.status?.gate?.name ?? 'the broken step'} again.` };
    },
  });
}
