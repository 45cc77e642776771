import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { ReleaseRef } from '../../domain/lane.js';
import { describeRelease, laneWorkflowId } from '../../domain/lane.js';
import { type Control, abortSignal, withdrawUpdate } from '../../workflows/messages.js';
import type { Temporal } from '../connection.js';
import { refused, registerControl } from '../control.js';
import { wayBackFrom } from '../way-back-words.js';

export function registerAbort(program: Command): void {
  registerControl(program, {
    name: 'abort',
    description: 'take the way back: all traffic to the old version, then undo the rest',
    reason: 'required',
    exampleReason: 'customers report empty carts',
    endsIt: true,
    prepare: ({ status }) => ({
      effect: wayBackFrom(status),
      undone: 'An abort cannot be taken back: to release the same content again, give it a new version.',
    }),
    send: ({ signal, said }) => signal(abortSignal, said),
    withdraw,
  });
}

async function withdraw(waiting: {
  readonly temporal: Temporal;
  readonly release: ReleaseRef;
  readonly said: Control;
}): Promise<string> {
  const { temporal, release, said } = waiting;
  const { lane, version } = release;
  const handle = temporal.client.workflow.getHandle(laneWorkflowId(lane));
  const { withdrawn } = await temporal.call({ what: 'withdraw the release', timeoutMs: 15_000 }, () =>
    handle.executeUpdate(withdrawUpdate, {
      args: [{ lane, version, ...said }],
      // A new one each time, as for a submission: the release may have been submitted again since.
      updateId: `withdraw/${version}/${randomUUID()}`,
    }),
  );
  if (!withdrawn) throw refused(`${describeRelease(release)} has just begun or ended`, 'Abort it again.');
  return 'It was taken out of the queue; nothing had been changed.';
}
