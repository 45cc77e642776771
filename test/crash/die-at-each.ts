import type { ReleaseWatch } from '../../embedded/demo/release-watch.js';
import type { Stack } from '../../embedded/stack.js';

const deathTimeoutMs = 60_000;

/**
 * Lets the only worker die by SIGKILL at each place in turn: whoever comes next finds nothing but what Temporal and the
 * ledger hold, goes on, and dies at the next place. The last worker lives. Fails when a place is never reached.
 */
export async function dieAtEach(
  stack: Stack,
  places: readonly string[],
  begin: () => Promise<ReleaseWatch>,
): Promise<ReleaseWatch> {
  const [first, ...others] = places;
  await stack.worker().stop();
  await stack.startWorker({ SLUICE_CRASH_AT: first });
  const watch = await begin();
  await death(stack, watch, first);
  for (const place of others) {
    await stack.startWorker({ SLUICE_CRASH_AT: place });
    await death(stack, watch, place);
  }
  await stack.startWorker();
  return watch;
}

async function death(stack: Stack, watch: ReleaseWatch, place: string | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    const complain = () =>
      reject(new Error(`the worker never reached ${place}; the release is at ${watch.status()?.step}`));
    timer = setTimeout(complain, deathTimeoutMs);
  });
  const { signal, code } = await Promise.race([stack.worker().exited, overdue]).finally(() => clearTimeout(timer));
  if (signal !== 'SIGKILL')
    throw new Error(`expected the worker to die by SIGKILL at ${place}, it ended with ${signal ?? code}`);
}
