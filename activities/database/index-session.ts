import { setTimeout as sleep } from 'node:timers/promises';
import { describeBlockers, readLockHolders } from './blockers.js';
import { type Connection, connect } from './connection.js';
import { describeBuild } from './index-progress.js';
import type { PhaseSession } from './phase-session.js';
import { quoteRelation, type RelationName } from './relation-name.js';

/** One index in the hands of one session: nobody else of ours builds or drops it meanwhile. */
export interface IndexSession {
  /** Its connection is in no transaction: the build would wait for that. */
  readonly phase: PhaseSession;
  readonly index: RelationName;
  /** Of its own, because a build takes as long as it takes and shares no transaction. */
  readonly builder: Connection;
  readonly limits: IndexLimits;
}

/** Milliseconds. */
export interface IndexLimits {
  /** How long a statement may stand still, waiting for others, before it is given up. Default: 3,600,000. */
  readonly patienceMs: number;
  /** How long the left-over of a failed build may take to drop: it waits for whoever the build waited for. Default: 10,000. */
  readonly cleanUpMs: number;
}

/** `others` is what becomes of a dead attempt's session that is still at this index: it is awaited, or ended. */
export async function withIndexSession<T>(
  order: Pick<IndexSession, 'phase' | 'index'> & {
    readonly limits: Partial<IndexLimits>;
    readonly others: 'await' | 'end';
  },
  work: (session: IndexSession) => Promise<T>,
): Promise<T> {
  const { phase, index, others } = order;
  const limits = { patienceMs: 3_600_000, cleanUpMs: 10_000, ...order.limits };
  const builder = await connect({
    url: phase.migration.url,
    applicationName: 'sluice/index',
    // Its waits hold up no reader and no writer, and a timeout would leave an invalid index: it is watched instead.
    lockTimeoutMs: 0,
    statementTimeoutMs: 0,
    log: phase.log,
  });
  try {
    const session = { phase, index, builder, limits };
    // The expressions of an index may call functions and operator classes by their bare names.
    await builder.query(`select set_config('search_path', quote_ident($1) || ', public', false)`, [index.schema]);
    await takeTurn(session, others);
    return await work(session);
  } finally {
    await builder.close();
  }
}

const pollMs = 250;

/** Asked for and never waited for at the server: who waits there holds a snapshot, and the build would wait for that. */
async function takeTurn({ phase, index, builder }: IndexSession, others: 'await' | 'end'): Promise<void> {
  const name = quoteRelation(index);
  for (;;) {
    phase.run.signal.throwIfAborted();
    const { rows } = await builder.query<{ key: string; taken: boolean }>(
      'select key::text, pg_try_advisory_lock(key) as taken from hashtextextended($1, 0) key',
      [`sluice index ${name}`],
    );
    const [row] = rows;
    if (row?.taken === true) return;
    const holders = await readLockHolders(builder, BigInt(row?.key ?? 0));
    if (others === 'end')
      await endSessions(
        builder,
        holders.map(({ pid }) => pid),
      );
    const build = await describeBuild(
      builder,
      holders.map(({ pid }) => pid),
    );
    const detail = `index ${name} waits for an earlier attempt${build}: ${describeBlockers(holders)}`;
    phase.run.onProgress({ file: phase.phase, detail });
    await sleep(pollMs, undefined, { signal: phase.run.signal });
  }
}

async function endSessions(connection: Connection, pids: readonly number[]): Promise<void> {
  await connection.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [pids]);
}
