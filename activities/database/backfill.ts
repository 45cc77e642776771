import { ReleaseError } from '../../domain/failure.js';
import { type BackfillDone, findDone } from './backfill-cursor.js';
import { type BackfillFile, readBackfillFile } from './backfill-file.js';
import { readBackfillKey } from './backfill-key.js';
import type { Pacing } from './batch-size.js';
import { findApplied, type FlywayHistory, recordEntry } from './flyway-history.js';
import type { MigrationScript } from './migration-script.js';
import type { PhaseSession } from './phase-session.js';
import { describeRange, fillRanges } from './range-fill.js';
import { placeOf } from './source-place.js';
import { splitStatements } from './sql-statements.js';

export interface BackfillOrder {
  readonly session: PhaseSession;
  readonly history: FlywayHistory;
  readonly script: MigrationScript;
  readonly pacing: Pacing;
}

/** Fills old rows range by range from where the last attempt stopped, and records the file when the last one is done. */
export async function runBackfill(order: BackfillOrder): Promise<Pick<BackfillDone, 'rows' | 'batches'>> {
  const { session, history, script, pacing } = order;
  const { connection } = session;
  const id = { schema: history.schema, script: begunAs(script) };
  if (findApplied(history, script.version) !== undefined) {
    const done = await findDone(connection, id);
    return done ?? { rows: 0, batches: 0 };
  }
  const { header, update } = requireBackfillFile(script);
  const [statement] = splitStatements(script.sql);
  const place = placeOf(script.script, script.sql, statement ?? { at: 0 });
  return fillRanges(
    {
      session,
      id,
      tuningId: { schema: history.schema, version: script.version },
      key: await readBackfillKey(connection, script.script, header),
      update: update.update,
      batch: header.batch,
      placeOf: (after, upto) => ({ ...place, ...describeRange(after, upto) }),
      record: (cursor) => record(order, cursor),
    },
    pacing,
  );
}

/** What a cursor belongs to: a placeholder with another value would fill the rest of the rows otherwise. */
export function begunAs(script: MigrationScript): MigrationScript {
  return { ...script, checksum: script.textChecksum };
}

export function requireBackfillFile(script: MigrationScript): BackfillFile {
  const file = readBackfillFile(script);
  if ('problems' in file) throw new ReleaseError('migration-failed', file.problems.join('\n'));
  return file;
}

async function record({ session, history, script }: BackfillOrder, { milliseconds }: BackfillDone): Promise<void> {
  const { version, description, checksum } = script;
  const entry = { type: 'SQL', version, description, script: script.script, checksum, milliseconds } as const;
  await recordEntry(session.connection, history, entry);
}
