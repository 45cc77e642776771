import type { Command } from 'commander';
import { skipSignal } from '../../workflows/messages.js';
import { expectGate, registerControl } from '../control.js';

export function registerSkip(program: Command): void {
  registerControl(program, {
    name: 'skip',
    description: 'go on without the broken step, which you have done by hand',
    reason: 'required',
    send: async ({ signal, run }) => {
      expectGate(run, 'skip');
      await signal(skipSignal);
      return { effect: `It takes your word that ${run.status?.gate?.name ?? 'the broken step'} is done, and goes on.` };
    },
  });
}
