import { type BackfillDone, type CursorId, findCursors, reopenCursors } from '../backfill-cursor.js';
import { batchLimits } from '../backfill-header.js';
import type { Pacing } from '../batch-size.js';
import type { Connection } from '../connection.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { fillRanges, readRanges } from '../range-fill.js';
import type { VerifyRun } from '../schema-engine.js';
import { countRanges } from '../verify.js';
import { fillChecksum, fillVersion, type HistoryEntry, tuningIdOf } from './history.js';
import type { Fill } from './migration-plan.js';
import { quoted } from './names.js';
import { fillingSetting } from './sync-trigger.js';
import { chooseFillWalk, chooseWalk, type Walk } from './walk.js';

export interface FillOrder {
  readonly session: PhaseSession;
  readonly schema: string;
  readonly entry: HistoryEntry;
  readonly fill: Fill;
  readonly pacing: Pacing;
}

/**
 * Fills the rows of one table from where the last attempt stopped. What writers fill meanwhile it leaves as it is. A row
 * whose key a writer has moved behind the cursor, or beyond the end, is found by looking through the table once more.
 */
export async function fillRows({ session, schema, entry, fill, pacing }: FillOrder): Promise<BackfillDone> {
  const { connection, run } = session;
  const { table, marker, assignments, at } = fill;
  const key = await chooseFillWalk(connection, { schema, table });
  const id = cursorIdOf(schema, entry, table);
  const update = `update ${key.table} set ${assignments.join(', ')}
    where ${key.within} and ${quoted(marker)} is null`;
  const startAnew = () =>
    inFencedTransaction(session, { script: at }, async () =>
      reopenCursors(connection, id, await readRanges(connection, key)),
    );
  const begun = await findCursors(connection, id);
  // Another release of sluice went another way. What it has filled is left out.
  if (begun.some(({ finished, after }) => !finished && !key.knows(after))) await startAnew();
  for (let pass = 1; ; pass++) {
    const filled = await fillRanges(
      {
        session,
        id,
        tuningId: tuningIdOf(schema, entry.name),
        key,
        // A crash of the server takes a batch back together with its cursor, and the next durable commit keeps all before it.
        settings: `set ${fillingSetting} = 'on'; set statement_timeout = '${pacing.limitMs}ms'; set synchronous_commit = off`,
        update,
        batch: batchLimits.initial,
        placeOf: (after, upto) => ({ script: at, ...key.describe(after, upto) }),
      },
      pacing,
    );
    if (pass === passes || (await countRows(connection, { key, fill, where: 'is null' }, run)) === 0) return filled;
    await startAnew();
  }
}

/** What writers move for longer than that is left to verify. */
const passes = 3;

/** Over the whole table: rows that are not filled, those included whose value could not be computed or was refused. */
export async function countUnfilledRows(
  connection: Connection,
  { schema, fill }: Pick<FillOrder, 'schema' | 'fill'>,
  run: VerifyRun,
): Promise<number> {
  const key = await chooseWalk(connection, { schema, table: fill.table });
  return countRows(connection, { key, fill, where: 'is not true' }, run);
}

interface RowCount {
  readonly key: Walk;
  readonly fill: Fill;
  /** Of the marker: null is a row that nobody has tried to fill. */
  readonly where: 'is null' | 'is not true';
}

function countRows(connection: Connection, { key, fill, where }: RowCount, run: VerifyRun): Promise<number> {
  const count = `select count(*) as left from ${key.table}
    where ${key.within} and ${quoted(fill.marker)} ${where}`;
  return countRanges(connection, { key, count, place: { script: fill.at, note: 'verify' } }, run);
}

export function cursorIdOf(schema: string, { name, file, hash }: HistoryEntry, table: string): CursorId {
  const checksum = fillChecksum(hash);
  return { schema, script: { script: `${file}, rows of ${table}`, version: fillVersion(name, table), checksum } };
}
