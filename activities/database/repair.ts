import { ReleaseError } from '../../domain/failure.js';
import { migrationPhases } from '../../domain/migration.js';
import type { Realignment, SchemaRepairs } from '../../domain/schema-change.js';
import type { Connection } from './connection.js';
import { describeDrift, readDrift } from './drift.js';
import { holdsOperations } from './engine-of-each.js';
import {
  deleteFailed,
  findApplied,
  type FlywayHistory,
  readFailed,
  readHistory,
  realignEntry,
} from './flyway-history.js';
import { acceptDrift, type Drift } from './kept-pictures.js';
import { pictureOwners } from './migration-check.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { recordEvent } from './events.js';
import { chainOf, type HistoryEntry, type Rehash, setHash } from './operations/history.js';
import { type Known, readKnown } from './operations/known.js';
import { readOperationDrift } from './operations/operations-check.js';
import { hasOwnTables } from './own-tables.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { readyMigration } from './ready-migration.js';
import type { Migration } from './schema-engine.js';

/** What is to be repaired, and the doing of it, which is one transaction's. */
interface Repair {
  readonly repairs: SchemaRepairs;
  readonly mend: (connection: Connection) => Promise<void>;
}

/** What the histories and pictures say otherwise than files and database do. Changes nothing. */
export async function readRepairs(connection: Connection, migration: Migration): Promise<SchemaRepairs> {
  return (await find(connection, migration)).repairs;
}

/** Makes them say the same, when it is what was `shown`; rows of the service stay as they are. Throws `schema-drift`. */
export async function repair(session: PhaseSession, shown: SchemaRepairs): Promise<void> {
  const { connection, migration } = session;
  await inFencedTransaction(session, { script: 'repair' }, async () => {
    const { repairs, mend } = await find(connection, migration);
    if (JSON.stringify(repairs) !== JSON.stringify(shown)) {
      throw new ReleaseError(
        'schema-drift',
        'expected to find what was shown, found that it has changed since; look at it once more',
      );
    }
    await mend(connection);
  });
}

function find(connection: Connection, migration: Migration): Promise<Repair> {
  return holdsOperations(migration) ? findOfOperations(connection, migration) : findOfSql(connection, migration);
}

async function findOfSql(connection: Connection, migration: Migration): Promise<Repair> {
  const history = await readHistory(connection);
  const { schema } = history;
  const ready = await readyMigration(connection, migration);
  const drift = await readDrift(connection, pictureOwners(migration, history));
  const failed = await readFailed(connection, schema);
  const changed = migrationPhases
    .flatMap((phase) => scriptsOf(ready.files, phase))
    .flatMap((script) => changedScript(history, script));
  const hasCursors = await hasOwnTables(connection);
  return {
    repairs: { drift: describeDrift(drift), failed, realigned: changed.map(({ realigned }) => realigned) },
    async mend() {
      await acceptDrift(connection, drift);
      if (failed.length > 0) await deleteFailed(connection, schema);
      for (const { rank, script } of changed) {
        await realignEntry(connection, schema, { rank, ...script });
        if (!hasCursors) continue;
        await connection.query(
          'update sluice.schema_backfill set checksum = $3 where schema_name = $1 and version = $2',
          [schema, script.version, script.textChecksum],
        );
      }
    },
  };
}

interface ChangedScript {
  readonly rank: number;
  readonly script: MigrationScript;
  readonly realigned: Realignment;
}

function changedScript(history: FlywayHistory, script: MigrationScript): readonly ChangedScript[] {
  const applied = findApplied(history, script.version);
  if (applied === undefined || applied.checksum === null || applied.checksum === script.checksum) return [];
  const realigned = { file: script.script, was: String(applied.checksum), is: String(script.checksum) };
  return [{ rank: applied.rank, script, realigned }];
}

async function findOfOperations(connection: Connection, migration: Migration): Promise<Repair> {
  const known = await readKnown(connection, migration);
  const drift: readonly Drift[] = await readOperationDrift(connection, known);
  const rehashed = rehash(known);
  return {
    repairs: { drift: describeDrift(drift), failed: [], realigned: rehashed.flatMap(({ realigned }) => realigned) },
    async mend() {
      await acceptDrift(connection, drift);
      for (const { rehashed: one } of rehashed) await setHash(connection, one);
      const repaired = new Set([
        ...drift.map(({ version }) => version),
        ...rehashed.map(({ rehashed: { name } }) => name),
      ]);
      for (const name of repaired) await recordEvent(connection, known.schema, name, 'repaired');
    },
  };
}

interface Rehashed {
  readonly rehashed: Rehash;
  /** None where only an entry before it has changed. */
  readonly realigned: readonly Realignment[];
}

/** The file's own hash, and the chain from the first row that is not as it was written, or should be another. */
function rehash({ schema, set, history }: Known): readonly Rehashed[] {
  const found: Rehashed[] = [];
  let previous: HistoryEntry | undefined;
  let before: HistoryEntry | undefined;
  for (const entry of history) {
    const { name } = entry;
    const hash = set.migrations.find((each) => each.name === name)?.hash ?? entry.hash;
    const chain = chainOf(previous, { name, hash });
    const isTorn = entry.chain !== chainOf(before, entry);
    if (chain !== entry.chain || hash !== entry.hash) {
      const realigned = [
        ...(hash === entry.hash ? [] : [{ file: entry.file, was: entry.hash, is: hash }]),
        ...(isTorn ? [{ file: `row of ${name}`, was: entry.chain, is: chain }] : []),
      ];
      found.push({ rehashed: { schema, name, hash, chain }, realigned });
    }
    before = entry;
    previous = { ...entry, hash, chain };
  }
  return found;
}
