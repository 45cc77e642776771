import { setTimeout as sleep } from 'node:timers/promises';
import { defaultBrakeLimits, lookAway } from '../../domain/brake-limits.js';
import { ReleaseError } from '../../domain/failure.js';
import { type ReadingStandby, stillReading } from '../../domain/standby-queries.js';
import type { Connection } from './connection.js';
import type { PhaseOrder } from './phase-session.js';

/**
 * A strong lock is replayed on every standby. There it waits for the queries that are under way, and whatever else is to be
 * replayed, of all tables, waits behind it.
 */
export interface StandbyQueries {
  /** Resolves when no query on a standby is older than this, as far as they say; `file` is for whom. Throws `database-locked` when patience is out. */
  ended(file: string): Promise<void>;
}

export function createStandbyQueries(
  { migration, run, lockPatienceMs }: Pick<PhaseOrder, 'migration' | 'run' | 'lockPatienceMs'>,
  watcher: Pick<Connection, 'query'>,
  now: () => number = () => performance.now(),
): StandbyQueries {
  const { standbyQueries } = { ...defaultBrakeLimits, ...migration.brakes };
  let endedAt = -Infinity;
  const ended = async (file: string) => {
    if (standbyQueries === 'off' || now() - endedAt < goodForMs) return;
    const start = now();
    const { since, standbys } = await readStandbyQueries(watcher);
    for (let still = stillReading(standbys, since); still.length > 0;) {
      const waited = now() - start;
      const found = describe(still, waited);
      if (waited >= lockPatienceMs) {
        throw new ReleaseError(
          'database-locked',
          `${file}: expected no long queries on standbys, behind which a lock would keep them from replaying anything, found ${found}; end them there, all that helps a release under way; to look away, ${lookAway}`,
        );
      }
      run.onProgress({ file, detail: `waits: ${found} (standbyQueries: on)` });
      await sleep(Math.min(pollMs, lockPatienceMs - waited), undefined, { signal: run.signal });
      still = stillReading((await readStandbyQueries(watcher)).standbys, since);
    }
    endedAt = now();
  };
  return { ended };
}

const pollMs = 500;
/** The files of one phase wait together. */
const goodForMs = 60_000;

function describe(still: readonly ReadingStandby[], waitedMs: number): string {
  const names = still.map(({ name }) => `standby ${name}`).join(', ');
  return `${names} with queries that have run for ${Math.round(waitedMs / 1000)} s at least`;
}

/** `since`: the transaction before which all have ended. A role that may not see standbys sees none. */
export async function readStandbyQueries(
  connection: Pick<Connection, 'query'>,
): Promise<{ readonly since: number; readonly standbys: readonly ReadingStandby[] }> {
  const { rows } = await connection.query<{ since: number; standbys: readonly ReadingStandby[] }>(
    // With a slot it is the slot that keeps what the standby wants.
    `select pg_snapshot_xmin(pg_current_snapshot())::text::float8 as since,
       (select coalesce(json_agg(json_build_object(
           'name', concat_ws(' at ', coalesce(nullif(application_name, ''), 'without a name'), host(client_addr)),
           'oldest', coalesce(backend_xmin, xmin)::text::bigint
         ) order by pid), '[]')
        from pg_stat_replication left join pg_replication_slots on active_pid = pid
        where replay_lsn is not null and slot_type is distinct from 'logical') as standbys`,
  );
  return rows[0] ?? { since: 0, standbys: [] };
}
