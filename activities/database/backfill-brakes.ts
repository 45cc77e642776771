import { setTimeout as sleep } from 'node:timers/promises';
import { brakesOn, describeBrakes, followStandbys, type KnownStandby } from '../../domain/brakes.js';
import { abortable } from './abortable.js';
import type { Effort } from './effort.js';
import { tellNotice } from './notice.js';
import type { PhaseSession } from './phase-session.js';
import { readPressure, readWritten } from './pressure.js';
import { sqlstateOf } from './sqlstate.js';

/** Holds the batches of one table back while the server says "not now", those of all jobs. */
export interface Brakes {
  /** Whether something speaks against a batch; what does is told. Throws when the run is aborted. */
  hold(): Promise<boolean>;
  /** Tells that a batch found no room on the server, and waits a while. */
  noRoom(message: string): Promise<void>;
  /** Does `work`, and tells what the server wrote to its log meanwhile, for whomever: of some work after a look. */
  weighed<T>(work: () => Promise<T>): Promise<{ readonly done: T; readonly bytes: number | undefined }>;
}

/** `table` is a name as SQL has it, `file` who asks. */
export function createBrakes(
  session: PhaseSession,
  { table, file, effort }: { readonly table: string; readonly file: string; readonly effort: Effort },
): Brakes {
  const { watcher, run } = session;
  let standbys: readonly KnownStandby[] = [];
  let lookedAt = -Infinity;
  let looking: Promise<boolean> | undefined;
  let isHeld = false;
  let isWeighed = false;
  const unseen = createUnseen(session, file);

  const look = async (): Promise<boolean> => {
    await effort.look();
    const pressure = await unseen.read(() => abortable(() => readPressure(watcher, table), run.signal));
    lookedAt = performance.now();
    isWeighed = false;
    if (pressure === undefined) return false;
    if (!pressure.seesOthers) unseen.tell('standbys and vacuums');
    standbys = followStandbys(standbys, pressure, lookedAt);
    const found = describeBrakes(brakesOn({ pressure, standbys, now: lookedAt }, effort.limits()));
    if (found !== '') run.onProgress({ file, detail: `waits: ${found}`, waits: found, ...effort.tuned() });
    return found !== '';
  };

  // One looks for all of them.
  const hold = async () => {
    run.signal.throwIfAborted();
    if (performance.now() - lookedAt < lookEveryMs) return isHeld;
    looking ??= look().finally(() => (looking = undefined));
    return (isHeld = await looking);
  };
  const written = () => unseen.read(() => abortable(() => readWritten(watcher), run.signal));
  const weighed = async <T>(work: () => Promise<T>) => {
    if (isWeighed) return { done: await work(), bytes: undefined };
    const before = await written();
    const done = await work();
    const after = await written();
    isWeighed = true;
    return { done, bytes: before === undefined || after === undefined ? undefined : after - before };
  };
  const noRoom = async (message: string) => {
    run.onProgress({ file, detail: `waits: ${message}`, waits: message, ...effort.tuned() });
    await sleep(noRoomMs, undefined, { signal: run.signal });
  };
  return { hold, noRoom, weighed };
}

/** What is written in between is far below every limit. */
export const lookEveryMs = 250;
const noRoomMs = 2_000;

/** What the role may not see is told once, and counts as nothing: whoever may change the tables need not see the server. */
function createUnseen(session: PhaseSession, file: string) {
  let told = false;
  let blind = false;
  const tell = (what: string) => {
    if (told) return;
    told = true;
    tellNotice(session, file, `${what} are not looked at before a batch: ${remedy}`);
  };
  const read = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
    if (blind) return undefined;
    try {
      return await ask();
    } catch (error) {
      if (!refusedStates.includes(sqlstateOf(error) ?? '')) throw error;
      blind = true;
      tell(`standbys, log, vacuums and dead rows (SQLSTATE ${sqlstateOf(error)})`);
      return undefined;
    }
  };
  return { read, tell };
}

const remedy = 'grant pg_read_all_stats to the role that changes the schema';

/** No right to a function or a view, or a server that has none of that name. */
const refusedStates: readonly string[] = ['42501', '42883', '42P01', '42703', '0A000'];
