import { ReleaseError } from '../../domain/failure.js';
import { compareMigrationVersions } from '../../domain/migration.js';
import type { SchemaState } from '../../domain/effect.js';
import { applyScript } from './apply-script.js';
import { deleteCursor } from './backfill-cursor.js';
import { findApplied, type FlywayHistory, recordEntry } from './flyway-history.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';

/** Takes back, newest first, the expand versions that are applied and not in `to`; with any of them all of backfill. */
export async function rollBack(session: PhaseSession, history: FlywayHistory, to: SchemaState): Promise<void> {
  const { files } = session.migration;
  const isApplied = (script: MigrationScript) => findApplied(history, script.version) !== undefined;
  const isKept = (script: MigrationScript) =>
    to.some((version) => compareMigrationVersions(version, script.version) === 0);

  const goes = scriptsOf(files, 'expand').filter((script) => isApplied(script) && !isKept(script));
  if (goes.length === 0) return;
  const contracted = scriptsOf(files, 'contract').find(isApplied);
  if (contracted !== undefined) {
    throw new ReleaseError(
      'migration-failed',
      `expected contract not to have begun, found ${contracted.script} applied: what it removed cannot be brought back. Release a version that goes forward`,
    );
  }
  // Before expand is taken back: an attempt that dies in between finds expand still applied and comes here again.
  for (const script of scriptsOf(files, 'backfill')) await forgetBackfill(session, history, script);
  for (const script of goes.toReversed()) {
    await applyScript({ session, history, script: undoOf(session, script), type: 'DELETE' });
  }
}

async function forgetBackfill(session: PhaseSession, history: FlywayHistory, script: MigrationScript): Promise<void> {
  const { connection } = session;
  await inFencedTransaction(session, { script: script.script }, async () => {
    await deleteCursor(connection, { schema: history.schema, script });
    if (findApplied(history, script.version) === undefined) return;
    const { version, description, checksum } = script;
    await recordEntry(connection, history, {
      type: 'DELETE',
      version,
      description,
      script: script.script,
      checksum,
      milliseconds: 0,
    });
  });
}

function undoOf({ migration }: PhaseSession, script: MigrationScript): MigrationScript {
  const undo = scriptsOf(migration.files, 'expand', 'undo').find(
    (other) => compareMigrationVersions(other.version, script.version) === 0,
  );
  if (undo !== undefined) return { ...undo, version: script.version };
  throw new ReleaseError(
    'migration-failed',
    `${script.script}: expected expand/U${script.version}__….sql beside it, found none`,
  );
}
