import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

export interface Attempt<T> {
  readonly end: Promise<T>;
  /** The first progress that holds the words, also one that was told before; rejects when the attempt ends without. */
  heard(words: string): Promise<string>;
  cancel(): void;
}

/** Runs the work as Temporal would: scheduled now, unless told otherwise. */
export function inActivity<T>(work: () => Promise<T>, info: Partial<Info> = {}): Promise<T> {
  return attempt(work, info).end;
}

/** The same for work that is watched on its way. */
export function attempt<T>(work: () => Promise<T>, info: Partial<Info> = {}): Attempt<T> {
  // What an attempt ends with is the test's to judge, and needs no warning.
  const logger = new DefaultLogger('ERROR');
  const environment = new MockActivityEnvironment({ scheduledTimestampMs: Date.now(), ...info }, { logger });
  const told: string[] = [];
  const listeners = new Set<() => void>();
  environment.on('heartbeat', (detail: unknown) => {
    told.push(typeof detail === 'string' ? detail : (detail as { detail: string }).detail);
    for (const listener of [...listeners]) listener();
  });
  const end = environment.run<[], T, () => Promise<T>>(work);
  end.catch(() => undefined);
  const heard = (words: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = told.find((detail) => detail.includes(words));
        if (found !== undefined) resolve(found);
      };
      listeners.add(look);
      look();
      const over = () => reject(new Error(`ended without a word of "${words}": ${told.join(' | ')}`));
      end.then(over, over);
    });
  return { end, heard, cancel: () => environment.cancel() };
}
