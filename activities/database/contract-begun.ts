import type { SchemaState } from '../../domain/effect.js';
import { type Connection, connect } from './connection.js';
import { claimFence, readFence } from './fence.js';
import { findApplied, type FlywayHistory, isUnended } from './flyway-history.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { createOwnTables, hasOwnTables } from './own-tables.js';
import type { Migration, PhaseRun } from './schema-engine.js';

/** Ends the attempts before this one first: one of them may be about to commit, and nobody could tell from the history. */
export async function takeStockOfContract(
  migration: Migration,
  run: Pick<PhaseRun, 'generation' | 'signal'>,
  readBegun: (connection: Connection) => Promise<SchemaState>,
): Promise<SchemaState> {
  const connection = await connect({ ...settings(migration), applicationName: 'sluice/take-stock' });
  try {
    await createOwnTables(connection);
    await claimFence(connection, { lane: migration.lane, generation: run.generation }, run);
    return await readBegun(connection);
  } finally {
    await connection.close();
  }
}

export async function readGeneration(migration: Migration): Promise<number> {
  const connection = await connect({ ...settings(migration), applicationName: 'sluice/generation' });
  try {
    return (await hasOwnTables(connection)) ? await readFence(connection, migration.lane) : 0;
  } finally {
    await connection.close();
  }
}

/** Applied, or begun by Flyway outside a transaction and not ended: of that nobody knows how much has run. */
export function begunContracts({ files }: Migration, history: FlywayHistory): readonly MigrationScript[] {
  return scriptsOf(files, 'contract').filter(
    ({ version }) => findApplied(history, version) !== undefined || isUnended(history, version),
  );
}

/** Versions of expand that a contract came after: of earlier changes, or of one that has no way back any more. */
export function expandsOver(migration: Migration, history: FlywayHistory): SchemaState {
  const rank = ({ version }: MigrationScript) => findApplied(history, version)?.rank;
  const last = Math.max(0, ...begunContracts(migration, history).map((script) => rank(script) ?? 0));
  return scriptsOf(migration.files, 'expand')
    .filter((script) => (rank(script) ?? Infinity) <= last)
    .map(({ version }) => version);
}

function settings({ url }: Migration) {
  return { url, lockTimeoutMs: 1_000, statementTimeoutMs: 10_000 };
}
