import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type ReleaseRef, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../../domain/release-state.js';

const pollMs = 250;
const queryTimeoutMs = 1_500;

/** Follows one release; while no worker answers, the last known status stands. */
export interface ReleaseWatch {
  status(): ReleaseStatus | undefined;
  /** Until the status is as asked for; throws when the release ends or `timeoutMs` have passed before. */
  until(what: string, holds: (status: ReleaseStatus) => boolean, timeoutMs?: number): Promise<ReleaseStatus>;
  ended(): Promise<ReleaseResult>;
  /** Looks no more: what is still waited for is refused. */
  close(): void;
}

export function watchRelease(client: Client, release: ReleaseRef): ReleaseWatch {
  const handle = client.workflow.getHandle<() => Promise<ReleaseResult>>(
    releaseWorkflowId(release.lane, release.version),
  );
  let status: ReleaseStatus | undefined;
  let over = false;

  const result = (async () => {
    for (;;) {
      try {
        return await handle.result();
      } catch (error) {
        // Queued in its lane: the run begins when its turn comes.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
        await sleep(pollMs);
      }
    }
  })().finally(() => (over = true));
  result.catch(() => undefined);
  const polling = poll();

  return {
    status: () => status,
    async until(what, holds, timeoutMs = 120_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        if (status !== undefined && holds(status)) return status;
        if (over)
          throw new Error(`the release was over before ${what}; its last step was ${status?.step ?? 'unknown'}`);
        if (Date.now() > deadline)
          throw new Error(`waited ${timeoutMs / 1000} s for ${what}; the release is at ${status?.step ?? 'nothing'}`);
        await sleep(pollMs / 5);
      }
    },
    async ended() {
      const outcome = await result;
      await polling;
      await ask();
      return outcome;
    },
    close: () => (over = true),
  };

  async function poll(): Promise<void> {
    while (!over) {
      await ask();
      await sleep(pollMs);
    }
  }

  async function ask(): Promise<void> {
    try {
      status = await client.connection.withDeadline(Date.now() + queryTimeoutMs, () =>
        handle.query<ReleaseStatus>('status'),
      );
    } catch {
      // No worker answers, or the run has not begun; the screen says so by standing still.
    }
  }
}
