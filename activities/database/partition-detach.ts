import type { Connection } from './connection.js';
import { withLockRetry } from './lock-retry.js';
import type { PhaseSession } from './phase-session.js';
import { quoteRelation, type RelationName } from './relation-name.js';

export interface Attached {
  readonly parent: RelationName;
  readonly partition: RelationName;
}

/**
 * Makes the partition be a table of its own. From Postgres 14 on concurrently, which holds up nobody and goes on when the
 * transactions that have used the parent are over; before, and beside a default partition, under a lock on the parent for
 * a moment. One that was cut off half way is finished.
 *
 * Errors: `database-locked`, `migration-failed`, `database-unreachable`.
 */
export async function detachPartition(session: PhaseSession, attached: Attached, at: string): Promise<void> {
  const { connection } = session;
  await withLockRetry(session, at, async () => {
    const how = await wayToDetach(connection, attached);
    if (how === undefined) return;
    const [parent, partition] = [quoteRelation(attached.parent), quoteRelation(attached.partition)];
    await connection.query(`alter table ${parent} detach partition ${partition}${how}`, undefined, { script: at });
  });
}

/** Nothing when it is no partition of it (any more). */
async function wayToDetach(connection: Connection, { parent, partition }: Attached): Promise<string | undefined> {
  // Before Postgres 14 there is no such column: a row as JSON does not mind.
  const { rows } = await connection.query<{ begun: boolean; concurrently: boolean }>(
    `select coalesce((to_jsonb(pg_inherits) ->> 'inhdetachpending')::boolean, false) as begun,
       current_setting('server_version_num')::int >= 140000
         and not exists (select from pg_partitioned_table where partrelid = inhparent and partdefid <> 0) as concurrently
     from pg_inherits where inhparent = to_regclass($1) and inhrelid = to_regclass($2)`,
    [quoteRelation(parent), quoteRelation(partition)],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.begun) return ' finalize';
  return row.concurrently ? ' concurrently' : '';
}
