import { isReleaseError, ReleaseError } from '../../domain/failure.js';
import { asTuning, isTuned, retuned, type Tuned, type TunedFile, type TuningOrder } from '../../domain/tuning.js';
import { type Connection, connect } from './connection.js';
import { createOwnTables, hasTunings } from './own-tables.js';
import type { Migration, PhaseRun } from './schema-engine.js';
import { requireWritable } from './writable.js';

/** One file's backfill; of operations, all tables of it. */
export interface TuningId {
  readonly schema: string;
  readonly version: string;
}

/** Who asks: what an earlier generation of a lane has said is over. */
export interface Tuner {
  readonly lane: string;
  readonly generation: number;
}

export async function findTuning(
  connection: Connection,
  { schema, version }: TuningId,
  { lane, generation }: Tuner,
): Promise<Tuned | undefined> {
  const { rows } = await connection.query<TuningRow>(
    `select tuning, tuned_by, reason, extract(epoch from tuned_at)::float8 * 1000 as at from sluice.schema_tuning as tuned
     where schema_name = $1 and version = $2 and (lane <> $3 or generation = $4)
       and not exists (select from sluice.schema_fence as fence
         where fence.lane = tuned.lane and fence.generation > tuned.generation)`,
    [schema, version, lane, generation],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const tuning = asTuning(row.tuning);
  if (tuning === undefined) {
    throw new ReleaseError(
      'migration-failed',
      `expected a tuning of version ${version} in sluice.schema_tuning that this sluice knows, found ${JSON.stringify(row.tuning)}; delete the row`,
    );
  }
  return { tuning, by: row.tuned_by, reason: row.reason, at: row.at };
}

interface TuningRow {
  readonly tuning: unknown;
  readonly tuned_by: string;
  readonly reason: string;
  readonly at: number;
}

/** What stands in a file's standing; in a database that may have none, and of a backfill that is not done. */
export async function standingTuning(
  reader: Connection,
  id: TuningId,
  { lane }: Pick<Migration, 'lane'>,
): Promise<{ readonly tuned?: Tuned }> {
  const found = (await hasTunings(reader)) ? await findTuning(reader, id, { lane, generation: 1 }) : undefined;
  return found === undefined || !isTuned(found.tuning) ? {} : { tuned: found };
}

export async function deleteTuning(connection: Connection, { schema, version }: TuningId): Promise<void> {
  await connection.query('delete from sluice.schema_tuning where schema_name = $1 and version = $2', [schema, version]);
}

/** What is not done yet of a migration, to be tuned. */
export interface OpenBackfill extends TuningId {
  readonly file: string;
}

/** Tunes all of what `readOpen` finds, or nothing. Waits for nobody who is at work. */
export async function tuneBackfills(
  { migration, order, run }: TuneCall,
  readOpen: (connection: Connection) => Promise<readonly OpenBackfill[]>,
): Promise<readonly TunedFile[]> {
  const { url, lane } = migration;
  const tuner = { lane, generation: run.generation };
  const connection = await connect({
    url,
    applicationName: 'sluice/tune',
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 10_000,
  });
  try {
    await requireWritable(connection);
    await createOwnTables(connection);
    await connection.query('begin isolation level read committed read write');
    await refuseLate(connection, tuner);
    const files: TunedFile[] = [];
    for (const open of await readOpen(connection)) files.push(await tune(connection, { open, order, tuner }));
    await commit(connection);
    return files;
  } finally {
    // What is not committed goes with the session.
    await connection.close();
  }
}

/** The line may end with the answer on its way. */
async function commit(connection: Connection): Promise<void> {
  try {
    await connection.query('commit');
  } catch (error) {
    if (!isReleaseError(error) || error.code !== 'database-unreachable') throw error;
    throw new ReleaseError(
      'database-unreachable',
      `expected to hear that the tuning is written, found ${error.message}: nobody knows whether it is; say it again, which does no harm`,
      { cause: error },
    );
  }
}

export interface TuneCall {
  readonly migration: Migration;
  readonly order: TuningOrder;
  readonly run: Pick<PhaseRun, 'generation'>;
}

/** A later generation has taken the way back, or is about to: it waits for this transaction, and removes what it leaves. */
async function refuseLate(connection: Connection, { lane, generation }: Tuner): Promise<void> {
  const { rows } = await connection.query<{ generation: string }>(
    'select generation from sluice.schema_fence where lane = $1 for share',
    [lane],
  );
  const found = Number(rows[0]?.generation ?? 0);
  if (found <= generation) return;
  throw new ReleaseError(
    'fenced',
    `expected generation ${generation} of ${lane} to tune, found generation ${found} at work`,
  );
}

async function tune(
  connection: Connection,
  { open, order, tuner }: { readonly open: OpenBackfill; readonly order: TuningOrder; readonly tuner: Tuner },
): Promise<TunedFile> {
  const { schema, version, file } = open;
  const was = (await findTuning(connection, open, tuner))?.tuning ?? {};
  const now = retuned(was, order);
  await connection.query(
    `insert into sluice.schema_tuning (schema_name, version, lane, generation, tuning, tuned_by, reason)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (schema_name, version) do update
     set lane = excluded.lane, generation = excluded.generation, tuning = excluded.tuning, tuned_by = excluded.tuned_by,
       reason = excluded.reason, tuned_at = excluded.tuned_at`,
    [schema, version, tuner.lane, tuner.generation, JSON.stringify(now), order.actor, order.reason],
  );
  return { file, was, now };
}
