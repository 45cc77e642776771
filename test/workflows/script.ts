import { Context } from '@temporalio/activity';
import { type FailureCode, ReleaseError } from '../../domain/failure.js';

/** How the activities of one case misbehave, by name; an activity that is not named does what it should. */
export interface Script {
  /** The names of everything that was begun, oldest first. */
  readonly begun: readonly string[];
  /** Fails with that code at its first so many times. Default: always. */
  fail(name: string, code: FailureCode, times?: number): void;
  /** Goes on only when released, whoever cancels it: a call that is on the wire. `see` is called as the activity. */
  hold(name: string, see?: () => void): Held;
  /** Never ends by itself: a reader whose source does not answer. */
  hang(name: string): Hung;
  /** Watches it begin, and lets it go on. */
  watch(name: string, see: () => void): void;
  /** Called by the activity where it would act. */
  play(name: string): Promise<void>;
}

export interface Hung {
  readonly begun: Promise<void>;
}

export interface Held extends Hung {
  readonly release: () => void;
}

export function createScript(): Script {
  const begun: string[] = [];
  const acts = new Map<string, (time: number) => Promise<void>>();
  const tell = (name: string, act: (time: number) => Promise<void>): Promise<void> =>
    new Promise((resolve) =>
      acts.set(name, (time) => {
        resolve();
        return act(time);
      }),
    );
  return {
    begun,
    fail(name, code, times = Infinity) {
      void tell(name, async (time) => {
        if (time <= times) throw new ReleaseError(code, `${name} was told to fail`);
      });
    },
    hold(name, see = () => {}) {
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const wait = () => {
        see();
        return released;
      };
      return { begun: tell(name, wait), release };
    },
    hang(name) {
      return { begun: tell(name, () => Context.current().cancelled) };
    },
    watch(name, see) {
      void tell(name, async () => see());
    },
    async play(name) {
      begun.push(name);
      await acts.get(name)?.(begun.filter((other) => other === name).length);
    },
  };
}
