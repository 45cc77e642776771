import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Command } from 'commander';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { describeTunedFile, describeTuning } from '../../domain/tuning.js';
import { tuneUnanswered, tuneUpdate } from '../../workflows/messages.js';
import { ClientError } from '../client-error.js';
import { type ControlOptions, type Sending, refused, registerControl } from '../control.js';
import { rootMessage } from '../release-run.js';
import { retuningIn, withRetuningOptions } from '../tuning-options.js';

export function registerTune(program: Command): void {
  const command = registerControl(program, {
    name: 'tune',
    description: 'make the backfill of a release gentler or faster, while it runs and before',
    reason: 'optional',
    exampleOptions: '--pace 20%',
    exampleReason: 'the shop is slow',
    prepare: ({ status }, options) => {
      const { tuning, reset } = retuningIn(options);
      requireOpen(status);
      return {
        effect: `The backfill is to work by this${reset ? ' alone' : ''}: ${describeTuning(tuning)}.`,
        undone: '`sluice tune --reset` takes it back; it ends with the release.',
      };
    },
    send: (sending, _intention, options) => tune(sending, options),
  });
  withRetuningOptions(command);
}

function requireOpen({ goingBack, steps }: Partial<ReleaseStatus> = {}): void {
  const remedy = 'See where it stands with `sluice status`.';
  if (goingBack === true) throw refused('it is on its way back, and fills nothing any more', remedy);
  const isPast = steps?.some(({ name }) => name === 'deploy') === true;
  if (isPast) throw refused('no backfill of it is to come any more', remedy);
}

/** Unlike a signal it is answered, so it needs a worker; a message that is repeated under its id is one. */
async function tune({ temporal, run, said }: Sending, options: ControlOptions): Promise<string> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  try {
    const files = await temporal.call({ what: 'tune the backfill', timeoutMs: 40_000 }, () =>
      handle.executeUpdate(tuneUpdate, {
        args: [{ ...said, ...retuningIn(options) }],
        updateId: `tune/${said.requestId}`,
      }),
    );
    return files.map(describeTunedFile).join('\n');
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    if (error.cause instanceof ApplicationFailure && error.cause.type === tuneUnanswered) {
      throw new ClientError({
        exit: 'unreachable',
        message: `nobody knows whether the backfill was tuned: ${rootMessage(error)}`,
        remedy: 'Say it again, which does no harm; `sluice db status` shows what is in force.',
        cause: error,
      });
    }
    throw refused(`the backfill was not tuned: ${rootMessage(error)}`, 'See where it stands with `sluice status`.');
  }
}
