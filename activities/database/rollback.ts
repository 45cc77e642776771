import { ReleaseError } from '../../domain/failure.js';
import { compareMigrationVersions } from '../../domain/migration.js';
import type { SchemaState } from '../../domain/effect.js';
import { applyScript } from './apply-script.js';
import { deleteCursors } from './backfill-cursor.js';
import { reopenAll } from './closing/reopen.js';
import { begunContracts } from './contract-begun.js';
import { findApplied, type FlywayHistory, recordEntry } from './flyway-history.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { deleteTuning } from './tunings.js';

/**
 * Takes back, newest first, the expand versions that are applied and not in `to`, and with them every backfill that came
 * after. Files of earlier releases may stand in the same folders: what was done before the first of them stays.
 */
export async function rollBack(session: PhaseSession, history: FlywayHistory, to: SchemaState): Promise<void> {
  const { files } = session.migration;
  const isApplied = (script: MigrationScript) => findApplied(history, script.version) !== undefined;
  const isKept = (script: MigrationScript) =>
    to.some((version) => compareMigrationVersions(version, script.version) === 0);

  const goes = scriptsOf(files, 'expand').filter((script) => isApplied(script) && !isKept(script));
  if (goes.length === 0) {
    await reopenAll(session, history.schema);
    return;
  }
  const first = Math.min(...goes.map((script) => rankOf(history, script)));
  const isLater = (script: MigrationScript) => rankOf(history, script) > first;
  const contracted = begunContracts(session.migration, history).filter(isLater);
  if (contracted.length > 0) throw hasContracted(history, contracted);
  // Who is to work again must be let in before anything changes.
  await reopenAll(session, history.schema);
  // Before expand is taken back: an attempt that dies in between finds expand still applied and comes here again.
  for (const script of scriptsOf(files, 'backfill').filter(isLater)) await forgetBackfill(session, history, script);
  for (const script of goes.toReversed()) {
    await applyScript({ session, history, script: undoOf(session, script), type: 'DELETE' });
  }
}

function hasContracted(history: FlywayHistory, scripts: readonly MigrationScript[]): ReleaseError {
  const found = scripts.map(({ script, version }) =>
    findApplied(history, version) === undefined ? `${script} begun and not ended` : `${script} applied`,
  );
  return new ReleaseError(
    'migration-failed',
    `expected contract not to have begun, found ${found.join(', ')}: what it removed cannot be brought back. Release a version that goes forward`,
  );
}

/** What was never ended is the latest of all: a backfill may have its cursor and no entry yet. */
function rankOf(history: FlywayHistory, script: MigrationScript): number {
  return findApplied(history, script.version)?.rank ?? Infinity;
}

async function forgetBackfill(session: PhaseSession, history: FlywayHistory, script: MigrationScript): Promise<void> {
  const { connection } = session;
  await inFencedTransaction(session, { script: script.script }, async () => {
    await deleteCursors(connection, { schema: history.schema, script });
    await deleteTuning(connection, { schema: history.schema, version: script.version });
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
