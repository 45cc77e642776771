import { setTimeout as sleep } from 'node:timers/promises';
import { defaultBrakeLimits } from '../../domain/brake-limits.js';
import { brakesOn, describeBrakes, followStandbys, type KnownStandby } from '../../domain/brakes.js';
import type { PhaseSession } from './phase-session.js';
import { readPressure, readWritten } from './pressure.js';
import { sqlstateOf } from './sqlstate.js';

/** Holds the batches of one table back while the server says "not now". */
export interface Brakes {
  /** Resolves when nothing speaks against a batch, however long that takes; what does is told. Throws when the run is aborted. */
  released(): Promise<void>;
  /** Tells that a batch found no room on the server, and waits a while. */
  noRoom(message: string): Promise<void>;
  /** Where the server's log ends; always 0 where the role may not know. Bytes. */
  written(): Promise<number>;
}

/** `table` is a name as SQL has it, `file` who asks. */
export function createBrakes(
  session: PhaseSession,
  { table, file }: { readonly table: string; readonly file: string },
): Brakes {
  const { connection, migration, run } = session;
  const limits = { ...defaultBrakeLimits, ...migration.brakes };
  let standbys: readonly KnownStandby[] = [];
  let lookedAt = -Infinity;
  const unseen = createUnseen(session, file);

  const look = async (): Promise<string> => {
    const pressure = await unseen.read(() => readPressure(connection, table));
    if (pressure === undefined) return '';
    if (!pressure.seesOthers) unseen.tell('standbys and vacuums');
    const now = performance.now();
    standbys = followStandbys(standbys, pressure, now);
    return describeBrakes(brakesOn({ pressure, standbys, now }, limits));
  };

  const released = async () => {
    if (performance.now() - lookedAt < lookEveryMs) return;
    for (let found = await look(); found !== ''; found = await look()) {
      run.onProgress({ file, detail: `waits: ${found}` });
      await sleep(waitMs, undefined, { signal: run.signal });
    }
    lookedAt = performance.now();
  };
  const written = async () => (await unseen.read(() => readWritten(connection))) ?? 0;
  const noRoom = async (message: string) => {
    run.onProgress({ file, detail: `waits: ${message}` });
    await sleep(noRoomMs, undefined, { signal: run.signal });
  };
  return { released, noRoom, written };
}

/** What is written in between is far below every limit. */
const lookEveryMs = 250;
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
