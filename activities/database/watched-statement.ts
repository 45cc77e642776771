import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import { type Blocker, describeBlockers, readBlockers } from './blockers.js';
import { describeBuild } from './index-progress.js';
import type { IndexSession } from './index-session.js';
import { quoteRelation } from './relation-name.js';

/**
 * Runs one statement alone, and tells how far it is and whom it waits for. It is cancelled, and the reason thrown, when
 * the run is aborted, when the phase's own session is gone (another attempt has taken over), and, as
 * `database-locked`, when it has stood still for too long.
 */
export async function runWatched(session: IndexSession, text: string): Promise<void> {
  session.phase.run.signal.throwIfAborted();
  const ended = new AbortController();
  const watching = watch(session, ended.signal);
  try {
    await session.builder.query(text);
  } catch (error) {
    ended.abort();
    throw (await watching) ?? error;
  } finally {
    ended.abort();
    // A cancel that is still on its way must not hit what comes after.
    await watching;
  }
}

const pollMs = 250;

/** Gives why it cancelled the statement; `undefined` when it did not. */
async function watch(session: IndexSession, ended: AbortSignal): Promise<unknown> {
  const { phase, builder } = session;
  const { signal } = phase.run;
  const still = { since: performance.now(), sign: '' };
  for (let reason: unknown; ;) {
    // Once aborted it would wake every sleep at once.
    await sleep(pollMs, undefined, { signal: signal.aborted ? ended : AbortSignal.any([ended, signal]) }).catch(
      () => {},
    );
    if (ended.aborted) return reason;
    try {
      const now = await look(session);
      if (now.sign !== still.sign) Object.assign(still, { since: performance.now(), sign: now.sign });
      phase.run.onProgress({ file: phase.phase, detail: now.detail });
      if (signal.aborted) reason ??= signal.reason;
      if (now.waits && performance.now() - still.since >= session.limits.patienceMs)
        reason ??= outOfPatience(session, now.detail);
      if (reason !== undefined) await phase.watcher.query('select pg_cancel_backend($1)', [builder.pid]);
    } catch (error) {
      // Nothing goes on that nobody watches. Before Postgres 14 the server does not see that its client is gone.
      phase.watcher.query('select pg_terminate_backend($1)', [builder.pid]).catch(() => {});
      builder.destroy();
      return reason ?? error;
    }
  }
}

interface Look {
  readonly detail: string;
  readonly waits: boolean;
  /** Differs from the last one as long as something moves. */
  readonly sign: string;
}

async function look({ phase, index, builder }: IndexSession): Promise<Look> {
  // Of an attempt that was fenced the session is ended.
  await phase.connection.query('select');
  const build = await describeBuild(phase.watcher, [builder.pid]);
  const blockers = await readBlockers(phase.watcher, builder.pid);
  const waits = blockers.length > 0;
  const detail = `index ${quoteRelation(index)}${build}${waits ? `, waits for ${describeBlockers(blockers)}` : ''}`;
  return {
    detail,
    waits,
    sign: build + blockers.map(({ pid, transaction }: Blocker) => `${pid} ${transaction}`).join(),
  };
}

function outOfPatience({ limits }: IndexSession, detail: string): ReleaseError {
  return new ReleaseError(
    'database-locked',
    `${detail}: expected that to end within ${limits.patienceMs} ms, found it still there. End that transaction and repeat`,
  );
}
