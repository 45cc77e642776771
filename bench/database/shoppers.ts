import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a service beside a change feels: milliseconds from when a statement was due until it was answered. */
export interface Felt {
  readonly statements: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface Shoppers {
  /** What was felt since the last time of asking. */
  felt(): Promise<Felt>;
  stop(): Promise<void>;
}

/** In a process of its own: the engine's work must not hold up whoever measures what it does to others. */
export async function sendShoppers(url: string, rows: number): Promise<Shoppers> {
  const child = fork(fileURLToPath(new URL('shoppers-process.js', import.meta.url)), [url, String(rows)]);
  const ended = once(child, 'exit');
  const tooEarly = ended.then(() => {
    throw new Error('expected the shoppers to go on, found that they have ended');
  });
  // They also end when they are told to, and nobody waits for an answer then.
  tooEarly.catch(() => {});
  const answer = async () => {
    const [said] = (await Promise.race([once(child, 'message'), tooEarly])) as [Felt];
    return said;
  };
  await answer();
  return {
    felt() {
      const said = answer();
      child.send('felt');
      return said;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
