import { setTimeout as sleep } from 'node:timers/promises';

export interface Turns {
  /** Resolves when it is this session's turn to send its next request. */
  next(): Promise<void>;
  /** No more new sessions from now on; resolves when those on their way have ended. */
  close(): Promise<void>;
}

export interface Pace {
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds a shopper looks at an answer before the next request. */
  readonly think: number;
  /** Where arrivals are refused, so that a shop that hangs does not end us. */
  readonly mostSessions: number;
  /** Begins a session, which takes its turns with `next`. */
  readonly start: (turns: Turns) => Promise<void>;
  readonly refused: () => void;
}

/**
 * An open loop: turns come at a fixed rate by the clock, whatever was answered. A turn goes to the session that has
 * waited longest after its think time, and to a new session when none is waiting. So a shop that answers late meets
 * more sessions, never fewer requests; and turns that were due while this process was held up are made up for.
 */
export function startTurns(pace: Pace): Turns {
  const waiting: { readonly since: number; readonly go: () => void }[] = [];
  const began = performance.now();
  const sessions = new Set<Promise<void>>();
  let given = 0;
  let closing = false;

  const turns: Turns = {
    next: () => new Promise((go) => waiting.push({ since: performance.now(), go })),
    async close() {
      closing = true;
      while (sessions.size > 0) await Promise.race([...sessions, sleep(50)]);
      clearInterval(timer);
    },
  };
  const giveTurn = () => {
    const think = closing ? 0 : pace.think;
    if (waiting[0] && performance.now() - waiting[0].since >= think) return waiting.shift()?.go();
    if (closing) return;
    if (sessions.size >= pace.mostSessions) return pace.refused();
    const session: Promise<void> = pace.start(firstTurnTaken(turns)).finally(() => sessions.delete(session));
    sessions.add(session);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1_000) * pace.rate);
    for (; given < due; given += 1) giveTurn();
  }, 5);
  return turns;
}

// The turn that began the session is the turn of its first request.
function firstTurnTaken(turns: Turns): Turns {
  let taken = false;
  return {
    ...turns,
    next() {
      if (taken) return turns.next();
      taken = true;
      return Promise.resolve();
    },
  };
}
