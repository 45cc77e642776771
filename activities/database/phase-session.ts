import { abortable } from './abortable.js';
import { type Connection, type ConnectionOptions, connect } from './connection.js';
import { takeEngineLock } from './engine-lock.js';
import { assertFence, assertFenceBeside, claimFence } from './fence.js';
import { createPictures } from './kept-pictures.js';
import { createOwnTables } from './own-tables.js';
import type { Migration, PhaseRun } from './schema-engine.js';
import type { SourcePlace } from './source-place.js';
import { createStallBudget, type StallBudget } from './stall-budget.js';
import { createStandbyQueries, type StandbyQueries } from './standby-queries.js';
import { requireWritable } from './writable.js';

export interface PhaseOrder {
  readonly phase: 'expand' | 'backfill' | 'contract' | 'rollback' | 'repair' | 'baseline' | 'purge';
  readonly migration: Migration;
  readonly run: PhaseRun;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long locks are tried for before the phase gives up. */
  readonly lockPatienceMs: number;
  /** What attempts at locks may hold others up for in any minute, all of them together. Default 10,000. */
  readonly stallPerMinuteMs?: number;
  readonly log: (line: string) => void;
}

export interface PhaseSession extends PhaseOrder {
  /** Runs the phase. */
  readonly connection: Connection;
  /** Sees what the other one waits for, and can cancel it. */
  readonly watcher: Connection;
  readonly stalls: StallBudget;
  readonly standbyQueries: StandbyQueries;
  /** Process id of the session that has claimed the lane: of its own connection, or of the one it works beside. */
  readonly claimant: number;
}

/** Lets `work` change the database as the only engine in it and as the lane's only attempt. */
export async function inPhaseSession<T>(order: PhaseOrder, work: (session: PhaseSession) => Promise<T>): Promise<T> {
  const { signal } = order.run;
  signal.throwIfAborted();
  const opened: Connection[] = [];
  const open = async () => {
    const connection = await connect({ ...order, url: order.migration.url, applicationName: `sluice/${order.phase}` });
    opened.push(connection);
    return connection;
  };
  const cancel = new AbortController();
  try {
    const stalls = createStallBudget(order.stallPerMinuteMs ?? 10_000);
    const [connection, watcher] = [await open(), await open()];
    const standbyQueries = createStandbyQueries(order, watcher);
    const session = { ...order, connection, watcher, stalls, standbyQueries, claimant: connection.pid };
    signal.addEventListener('abort', () => cancelStatement(session), { signal: cancel.signal });
    signal.throwIfAborted();
    await requireWritable(session.connection);
    await createOwnTables(session.connection);
    await createPictures(session.connection);
    // Who yields asks for the lock first: whoever holds it is at work, and one that claims the fence ends the one before.
    if (order.run.yields === true) await takeEngineLock(session, { patienceMs: yieldingMs });
    await claimFence(session.connection, claimOf(session), { signal, ours: [watcher.pid] });
    if (order.run.yields !== true) await takeEngineLock(session, { patienceMs: order.lockPatienceMs });
    return await work(session);
  } catch (error) {
    // Whatever a cancelled statement or a cut connection says, this is why.
    signal.throwIfAborted();
    throw error;
  } finally {
    cancel.abort();
    await Promise.all(opened.map((connection) => connection.close()));
  }
}

/**
 * Lets `work` change the database beside the `session` whose attempt it belongs to, under the name by which whoever ends that
 * attempt ends this session as well.
 */
export async function inSessionBeside<T>(
  session: PhaseSession,
  applicationName: string,
  work: (beside: PhaseSession) => Promise<T>,
): Promise<T> {
  const { migration, run } = session;
  run.signal.throwIfAborted();
  const connection = await opened({ ...session, url: migration.url, applicationName }, run.signal);
  const cancel = new AbortController();
  try {
    const beside = { ...session, connection };
    run.signal.addEventListener('abort', () => cancelStatement(beside), { signal: cancel.signal });
    run.signal.throwIfAborted();
    return await work(beside);
  } finally {
    cancel.abort();
    await connection.close();
  }
}

/** One that is still being opened when the signal comes is closed whenever that may be. */
async function opened(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const opening = connect(options);
  try {
    return await abortable(() => opening, signal);
  } catch (error) {
    opening.then(
      (late) => late.close(),
      () => {},
    );
    throw error;
  }
}

/** One transaction of the lane's attempt: all of `work` or nothing. `script` names it in errors of the commit. */
export async function inFencedTransaction<T>(
  session: PhaseSession,
  place: SourcePlace,
  work: () => Promise<T>,
): Promise<T> {
  const { connection, run, claimant } = session;
  run.signal.throwIfAborted();
  await connection.query('begin isolation level read committed read write');
  try {
    if (claimant === connection.pid) await assertFence(connection, claimOf(session));
    else await assertFenceBeside(connection, claimOf(session), claimant);
    const result = await work();
    run.signal.throwIfAborted();
    await connection.query('commit', undefined, place);
    return result;
  } catch (error) {
    // On a connection that is gone the server has rolled back already.
    await connection.query('rollback').catch(() => {});
    throw error;
  }
}

/** Lets `work` look at the database; `name` is what its session is called. */
export async function inReader<T>(
  migration: Migration,
  name: string,
  work: (reader: Connection) => Promise<T>,
): Promise<T> {
  const reader = await connect({
    url: migration.url,
    applicationName: `sluice/${name}`,
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 60_000,
  });
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

/**
 * The server notices within half a second that the client of an attempt is dead. Before Postgres 14 it does so when the
 * statement is over, and who yields is told to come again.
 */
const yieldingMs = 2_000;

const cancelGraceMs = 2_000;

/** Asked first, so that the server stops working; cut off when it does not answer. */
function cancelStatement({ connection, watcher }: PhaseSession): void {
  watcher.query('select pg_cancel_backend($1)', [connection.pid]).catch(() => connection.destroy());
  setTimeout(() => connection.destroy(), cancelGraceMs).unref();
}

function claimOf({ migration, run }: PhaseOrder) {
  return { lane: migration.lane, generation: run.generation };
}
