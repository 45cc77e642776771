import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import { describeBlockers, readLockHolders } from './blockers.js';
import type { PhaseSession } from './phase-session.js';

/** The letters "sluice" as a number. Flyway has a lock of its own, which is not taken. */
const key = 0x736c75696365n;

/**
 * One engine a database. Asked for and never waited for at the server: a session that waits holds a snapshot, and an
 * index built concurrently by the holder would wait for that. It goes with the session. Throws `database-locked`.
 */
export async function takeEngineLock(
  session: PhaseSession,
  { patienceMs }: { readonly patienceMs: number },
): Promise<void> {
  const { connection, run } = session;
  const deadline = performance.now() + patienceMs;
  while (!(await tryLock(session))) {
    const holders = describeBlockers(await readLockHolders(connection, key));
    if (performance.now() > deadline) {
      throw new ReleaseError(
        'database-locked',
        `expected no other schema change in this database, found one for longer than ${patienceMs} ms: ${holders}`,
      );
    }
    run.onProgress({ file: session.phase, detail: `waits for another schema change in this database: ${holders}` });
    await sleep(pollMs, undefined, { signal: run.signal });
  }
}

const pollMs = 250;

async function tryLock({ connection }: PhaseSession): Promise<boolean> {
  const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    String(key),
  ]);
  return rows[0]?.taken === true;
}
