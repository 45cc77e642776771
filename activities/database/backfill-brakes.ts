import { setTimeout as sleep } from 'node:timers/promises';
import { brakesOn, describeBrakes, followStandbys, type KnownStandby } from '../../domain/brakes.js';
import type { Effort } from './effort.js';
import type { PhaseSession } from './phase-session.js';
import { readPressure, readWritten } from './pressure.js';
import { sqlstateOf } from './sqlstate.js';

/** Holds the batches of one table back while the server says "not now", those of all jobs. */
export interface Brakes {
  /** Resolves when nothing speaks against a batch, however long that takes; what does is told. Throws when the run is aborted. */
  released(): Promise<void>;
  /** Tells that a batch found no room on the server, and waits a while. */
  noRoom(message: string): Promise<void>;
  /** Does `work`, and tells what the server wrote to its log meanwhile, for whomever: of the first work after a look. */
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
  let looking: Promise<void> | undefined;
  let isWeighed = false;
  const unseen = createUnseen(session, file);

  const look = async (): Promise<string> => {
    await effort.look();
    const pressure = await unseen.read(() => readPressure(watcher, table));
    if (pressure === undefined) return '';
    if (!pressure.seesOthers) unseen.tell('standbys and vacuums');
    const now = performance.now();
    standbys = followStandbys(standbys, pressure, now);
    return describeBrakes(brakesOn({ pressure, standbys, now }, effort.limits()));
  };

  const lookUntilFree = async () => {
    for (let found = await look(); found !== ''; found = await look()) {
      run.onProgress({ file, detail: `waits: ${found}`, waits: found, ...effort.tuned() });
      await sleep(waitMs, undefined, { signal: run.signal });
    }
    lookedAt = performance.now();
    isWeighed = false;
  };
  // One looks for all of them.
  const released = async () => {
    if (performance.now() - lookedAt < lookEveryMs) return;
    looking ??= lookUntilFree().finally(() => (looking = undefined));
    await looking;
  };
  const written = () => unseen.read(() => readWritten(watcher));
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
  return { released, noRoom, weighed };
}

/** What is written in between is far below every limit. */
export const lookEveryMs = 250;
const waitMs = 500;
const noRoomMs = 2_000;

/** What the role may not see is told once, and counts as nothing: whoever may change the tables need not see the server. */
function createUnseen({ log, run }: PhaseSession, file: string) {
  let told = false;
  let blind = false;
  const tell = (what: string) => {
    if (told) return;
    told = true;
    const detail = `${what} are not looked at before a batch: ${remedy}`;
    log(`${file}: ${detail}`);
    run.onProgress({ file, detail, isNotice: true });
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
