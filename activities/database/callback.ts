import type { MigrationFile, MigrationPhase } from '../../domain/migration.js';
import { callbacksOf } from '../../domain/flyway/companions.js';
import type { FlywayHistory } from './flyway-history.js';
import { keepChanged } from './kept-pictures.js';
import { withLockRetry } from './lock-retry.js';
import { scriptName, scriptsOf } from './migration-script.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';
import { placeOf } from './source-place.js';
import { splitStatements } from './sql-statements.js';

/** Statements, and what the file is called that they stand in. */
export interface SourceText {
  readonly script: string;
  readonly sql: string;
}

export function asSource(file: MigrationFile): SourceText {
  return { script: scriptName(file), sql: file.sql };
}

export async function runText({ connection, run }: PhaseSession, { script, sql }: SourceText): Promise<void> {
  for (const statement of splitStatements(sql)) {
    run.signal.throwIfAborted();
    await connection.query(statement.text, undefined, placeOf(script, sql, statement));
  }
}

/**
 * Runs what is to come after a phase's last file, each in a transaction of its own, and each time: whoever died between
 * the two comes here again.
 */
export async function runAfterMigrate(
  session: PhaseSession,
  { schema }: FlywayHistory,
  phase: MigrationPhase,
): Promise<void> {
  const { connection, run, migration } = session;
  const last = scriptsOf(migration.files, phase).at(-1);
  if (last === undefined) return;
  for (const text of callbacksOf(migration.files, phase, 'afterMigrate').map(asSource)) {
    run.onProgress({ file: text.script, detail: 'runs' });
    await withLockRetry(session, text.script, () =>
      inFencedTransaction(session, { script: text.script }, async () => {
        await runText(session, text);
        await connection.query('reset role');
        await keepChanged(connection, { schema, version: last.version });
      }),
    );
    await connection.reset();
  }
}
