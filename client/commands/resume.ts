import type { Command } from 'commander';
import { resumeSignal } from '../../workflows/messages.js';
import { registerControl } from '../control.js';

export function registerResume(program: Command): void {
  registerControl(program, {
    name: 'resume',
    description: 'let a paused release go on',
    reason: 'optional',
    exampleReason: 'nothing was found',
    prepare: ({ status }) => {
      const notPaused = status !== undefined && status.paused === undefined;
      return {
        effect: notPaused ? 'It was not paused: nothing changes.' : 'It goes on from where it holds.',
        undone: 'Pause holds it again, abort takes it back until contract begins.',
      };
    },
    send: ({ signal, said }) => signal(resumeSignal, said),
  });
}
