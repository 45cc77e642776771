import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Command } from 'commander';
import { approveUpdate } from '../../workflows/messages.js';
import { type OpenRun, type Sending, expectGate, refused, registerControl } from '../control.js';
import { rootMessage } from '../release-run.js';

export function registerApprove(program: Command): void {
  registerControl(program, {
    name: 'approve',
    description: 'say yes to what a release waits for',
    reason: 'optional',
    send: async (sending) => {
      const gate = sending.options.gate ?? openGate(sending.run);
      await approve(sending, gate);
      return { gate, effect: `${gate} is approved: it goes on.` };
    },
  }).option('--gate <name>', 'what is approved; refused when something else is waited for (default: what is)');
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

function openGate(run: OpenRun): string {
  expectGate(run, 'approve');
  if (run.status?.gate !== undefined) return run.status.gate.name;
  throw refused('no worker says what the release waits for', 'Start a worker, or name the gate with --gate.');
}
