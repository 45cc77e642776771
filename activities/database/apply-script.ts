import { type CallbackEvent, callbacksOf } from '../../domain/flyway/companions.js';
import { type FlywayHistory, type HistoryEntry, recordEntry } from './flyway-history.js';
import { forgetPictures, keepChanged } from './kept-pictures.js';
import { withLockRetry } from './lock-retry.js';
import { asSource, runText } from './callback.js';
import type { MigrationScript } from './migration-script.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';

export interface ScriptOrder {
  readonly session: PhaseSession;
  readonly history: FlywayHistory;
  readonly script: MigrationScript;
  /** SQL: from now on it is applied. DELETE: from now on it is not. */
  readonly type: HistoryEntry['type'];
  /** Of those that its phase has left to run. */
  readonly isFirst?: boolean;
}

/** Runs a file, with the callbacks around it, and writes its row of the history in one transaction, again and again until it gets its locks. */
export async function applyScript(order: ScriptOrder): Promise<void> {
  const { session, history, script, type } = order;
  const { connection, run, log, migration } = session;
  const called = (event: CallbackEvent) =>
    type === 'SQL' ? callbacksOf(migration.files, script.phase, event).map(asSource) : [];
  const texts = [
    ...(order.isFirst === true ? called('beforeMigrate') : []),
    ...called('beforeEachMigrate'),
    { script: script.script, sql: script.sql },
    ...called('afterEachMigrate'),
  ];
  const place = { script: script.script };
  // The way back waits for no reader.
  if (type === 'SQL') await session.standbyQueries.ended(script.script);
  run.onProgress({ file: script.script, detail: type === 'SQL' ? 'runs' : 'runs, taking back' });
  const milliseconds = await withLockRetry(session, script.script, () =>
    inFencedTransaction(session, place, async () => {
      const start = performance.now();
      for (const text of texts) await runText(session, text);
      const elapsed = performance.now() - start;
      // The file may have changed its role; the history belongs to ours.
      await connection.query('reset role');
      const { version, description, checksum } = script;
      const owner = { schema: history.schema, version };
      await keepChanged(connection, owner);
      if (type === 'DELETE') await forgetPictures(connection, owner);
      await recordEntry(connection, history, {
        type,
        version,
        description,
        script: script.script,
        checksum,
        milliseconds: elapsed,
      });
      return elapsed;
    }),
  );
  await connection.reset();
  log(`${script.script}: ${type === 'SQL' ? 'applied' : 'taken back'} in ${milliseconds.toFixed(1)} ms`);
  run.onProgress({ file: script.script, detail: `done in ${Math.round(milliseconds)} ms` });
}
