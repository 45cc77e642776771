import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import type { Connection } from './connection.js';
import { lockStates, sqlstateOf } from './sqlstate.js';

/** Who may write: one attempt of one generation a lane. */
export interface Claim {
  /** `<environment>/<service>` */
  readonly lane: string;
  readonly generation: number;
}

interface Holder {
  readonly generation: string;
  readonly pid: number;
  readonly backend_start: string;
}

/**
 * Takes the lane over for this session. An older attempt, of the same generation or an earlier one, is ended at the
 * server first if it is still there; not so those with process ids of `ours`, which a pooler may have handed on. Throws `fenced` when a later generation was here, `database-locked` when the older
 * attempt does not end.
 */
export async function claimFence(
  connection: Connection,
  claim: Claim,
  { signal, ours = [] }: { readonly signal: AbortSignal; readonly ours?: readonly number[] },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const holder = await readHolder(connection, claim.lane);
    if (holder !== undefined && Number(holder.generation) > claim.generation) throw fenced(claim, holder);
    if (holder !== undefined) await endBackend(connection, holder, { signal, ours: [connection.pid, ...ours] });
    try {
      if (await writeClaim(connection, claim)) return;
    } catch (error) {
      // Held by a transaction of an attempt that claimed after we looked: look again.
      if (attempt === 20 || !lockStates.includes(sqlstateOf(error) ?? '')) throw error;
    }
  }
}

/** Fails the transaction unless the lane is still this session's, and keeps it so until the transaction ends. */
export async function assertFence(connection: Connection, claim: Claim): Promise<void> {
  const { rowCount } = await connection.query(
    'select from sluice.schema_fence where lane = $1 and generation = $2 and pid = pg_backend_pid() for share',
    [claim.lane, claim.generation],
  );
  if (rowCount !== 1) throw fenced(claim, await readHolder(connection, claim.lane));
}

/**
 * The same for a session that works beside the claimant, which must be there. Many do so at once: locks of theirs on one row
 * would be another multixact with every batch.
 */
export async function assertFenceBeside(connection: Connection, claim: Claim, claimant: number): Promise<void> {
  await connection.query(`select pg_advisory_xact_lock_shared(${besideLock})`, [claim.lane]);
  const { rowCount } = await connection.query(
    `select from sluice.schema_fence fence where lane = $1 and generation = $2 and pid = $3 and exists (
       select from pg_stat_get_activity(fence.pid) as session where session.backend_start = fence.backend_start)`,
    [claim.lane, claim.generation, claimant],
  );
  if (rowCount === 1) return;
  const holder = await readHolder(connection, claim.lane);
  const isLeft = Number(holder?.generation) === claim.generation && holder?.pid === claimant;
  throw isLeft ? gone(claimant) : fenced(claim, holder);
}

function gone(claimant: number): ReleaseError {
  return new ReleaseError(
    'database-unreachable',
    `expected the session of this attempt (pid ${claimant}) to be there, found it gone`,
  );
}

const besideLock = `hashtextextended('sluice beside ' || $1::text, 0)`;

/** The latest generation that has claimed the lane here; 0 when none has. */
export async function readFence(connection: Connection, lane: string): Promise<number> {
  return Number((await readHolder(connection, lane))?.generation ?? 0);
}

async function readHolder(connection: Connection, lane: string): Promise<Holder | undefined> {
  const { rows } = await connection.query<Holder>(
    'select generation, pid, backend_start::text from sluice.schema_fence where lane = $1',
    [lane],
  );
  return rows[0];
}

/** Once no session beside the one before is in a transaction. */
async function writeClaim(connection: Connection, { lane, generation }: Claim): Promise<boolean> {
  const { rowCount } = await connection.query(
    `with alone as materialized (select pg_advisory_xact_lock(${besideLock}))
     insert into sluice.schema_fence as fence (lane, generation, pid, backend_start)
     select $1, $2, pid, backend_start from pg_stat_activity, alone where pid = pg_backend_pid()
     on conflict (lane) do update
     set generation = excluded.generation, pid = excluded.pid, backend_start = excluded.backend_start, claimed_at = now()
     where fence.generation <= excluded.generation`,
    [lane, generation],
  );
  return rowCount === 1;
}

/** What sessions that work beside the claimant's are called, so that they are ended with it. */
export async function readNameBeside(connection: Connection, claimant: number): Promise<string> {
  const { rows } = await connection.query<{ name: string }>(
    `select ${nameBeside('pid', 'backend_start')} as name from pg_stat_activity where pid = $1`,
    [claimant],
  );
  const [row] = rows;
  if (row === undefined) throw gone(claimant);
  return row.name;
}

/** Below the 63 bytes of a name. */
function nameBeside(pid: string, start: string): string {
  return `'sluice/beside/' || ${pid}::int || '/' || (extract(epoch from ${start}) * 1000000)::bigint`;
}

const endTimeoutMs = 5_000;

/** With the sessions that work beside it, as far as their role may be seen. A process id is used again; together with the start it is one session's for ever. */
async function endBackend(
  connection: Connection,
  { pid, backend_start }: Holder,
  { signal, ours }: { readonly signal: AbortSignal; readonly ours: readonly number[] },
): Promise<void> {
  const isThere = `from pg_stat_activity where pid <> all ($3::int[]) and ((pid = $1 and backend_start = $2::timestamptz)
    or (backend_start is not null and datname = current_database() and application_name = ${nameBeside('$1', '$2::timestamptz')}))`;
  const values = [pid, backend_start, ours];
  await connection.query(`select pg_terminate_backend(pid) ${isThere}`, values);
  for (let waited = 0; waited < endTimeoutMs; waited += 20) {
    const { rowCount } = await connection.query(`select ${isThere}`, values);
    if (rowCount === 0) return;
    await sleep(20, undefined, { signal });
  }
  throw new ReleaseError(
    'database-locked',
    `expected the session of an older attempt (pid ${pid}) to end within ${endTimeoutMs} ms of being told to, found it still there`,
  );
}

function fenced({ lane, generation }: Claim, holder: Holder | undefined): ReleaseError {
  const found = holder === undefined ? 'nobody' : `generation ${holder.generation} (pid ${holder.pid})`;
  return new ReleaseError(
    'fenced',
    `expected the database to be ${lane}'s generation ${generation} to change, found ${found} in sluice.schema_fence`,
  );
}
