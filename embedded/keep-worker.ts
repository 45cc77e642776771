import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.js';

/** What an orchestrator does in production: a worker that has ended is followed by another, until the signal. */
export async function keepWorker(
  stack: Pick<Stack, 'worker' | 'startWorker'>,
  { signal, pauseMs = 1_000, log }: { signal: AbortSignal; pauseMs?: number; log: (line: string) => void },
): Promise<void> {
  for (;;) {
    await stack.worker().exited;
    await sleep(pauseMs);
    if (signal.aborted) return;
    log('the worker has ended; another one starts');
    await stack.startWorker().catch((error: unknown) => log(String(error)));
  }
}
