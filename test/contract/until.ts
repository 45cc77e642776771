import { setTimeout as pause } from 'node:timers/promises';

const defaultTimeoutMs = 120_000;

/** Looks again and again until what it sees is as wanted; fails with the last thing seen. */
export async function until<Seen>(
  look: () => Promise<Seen>,
  wanted: (seen: Seen) => boolean,
  { timeoutMs = defaultTimeoutMs } = {},
): Promise<Seen> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() >= giveUpAt) throw new Error(`not as wanted after ${timeoutMs} ms: ${JSON.stringify(seen)}`);
    await pause(50);
  }
}
