import type { Command } from 'commander';
import type { Phase } from '../../domain/release-state.js';
import { abortSignal } from '../../workflows/messages.js';
import { registerControl } from '../control.js';

export function registerAbort(program: Command): void {
  registerControl(program, {
    name: 'abort',
    description: 'take the way back: all traffic to the old version, then undo the rest',
    reason: 'required',
    send: async ({ signal, run: { status } }) => {
      await signal(abortSignal);
      return { effect: effectIn(status?.phase) };
    },
  });
}

function effectIn(phase: Phase | undefined): string {
  if (phase === 'roll-back') return 'It is on its way back already.';
  if (phase === 'contract') {
    return 'Once contract has changed the schema there is no way back: the abort is noted and the release goes on.';
  }
  return 'It goes back at once: the old colour gets all traffic, then every other change is undone.';
}
