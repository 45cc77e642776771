import { withLockRetry } from '../lock-retry.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { deleteEntry, type HistoryEntry, readPlan, setState } from './history.js';
import { runSteps } from './run-steps.js';
import { dropVersionSchema } from './version-views.js';

/** Takes a migration back, however far it came; goes on with a rollback that was cut off. */
export async function rollBackMigration(session: PhaseSession, schema: string, entry: HistoryEntry): Promise<void> {
  const { connection, log } = session;
  const { name, file, versionSchema } = entry;
  const plan = await readPlan(connection, schema, name);
  const begun = entry.state === 'rolling-back';
  if (!begun) {
    // Its views first: the new version is gone, and what they show cannot be dropped from under them.
    await withLockRetry(session, file, () =>
      inFencedTransaction(session, { script: file }, async () => {
        await dropVersionSchema(connection, versionSchema);
        await setState(connection, { schema, name, state: 'rolling-back' });
      }),
    );
  }
  await runSteps({ session, schema, name, file, steps: plan.rollback, done: begun ? entry.steps : 0 });
  await inFencedTransaction(session, { script: file }, () => deleteEntry(connection, schema, name));
  log(`${file}: taken back`);
}
