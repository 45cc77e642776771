import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Command } from 'commander';
import { effectOfAnswer } from '../../domain/gate.js';
import { approveUpdate } from '../../workflows/messages.js';
import { type Sending, expectGate, refused, registerControl } from '../control.js';
import { rootMessage } from '../release-run.js';

export function registerApprove(program: Command): void {
  registerControl(program, {
    name: 'approve',
    description: 'say yes to what a release waits for',
    reason: 'optional',
    answersGate: true,
    exampleReason: 'the dashboards look good',
    prepare: (run, options) => {
      const gate = expectGate(run, 'approve', options.gate);
      return { gate, effect: `${gate} is approved: it ${effectOfAnswer(gate, 'approve')}.`, undone: undoneOf(gate) };
    },
    send: (sending, { gate = '' }) => approve(sending, gate),
  });
}

function undoneOf(gate: string): string {
  return gate === 'begin contract'
    ? 'This is the point of no return: what contract removes cannot be brought back, and abort finds no way back once a statement of it has run.'
    : 'Abort still takes the release back, until contract begins.';
}

/** Unlike a signal, an approval is answered, so it needs a worker. */
async function approve({ temporal, run, said }: Sending, gate: string): Promise<void> {
  const handle = temporal.client.workflow.getHandle(run.workflowId, run.runId);
  const updateId = `approve/${gate}/${said.requestId}`;
  try {
    await temporal.call({ what: `approve ${gate}`, timeoutMs: 15_000 }, () =>
      handle.executeUpdate(approveUpdate, { args: [{ ...said, gate }], updateId }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    throw refused(`${gate} was not approved: ${rootMessage(error)}`, 'See what it waits for with `sluice status`.');
  }
}
