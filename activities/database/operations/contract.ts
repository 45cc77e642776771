import { keepChanged } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { type HistoryEntry, type OperationHistory, readPlan, setState } from './history.js';
import { runSteps } from './run-steps.js';
import { dropVersionSchema } from './version-views.js';

/** Removes what only the old version needed; goes on where an earlier attempt stopped. */
export async function contractMigration(
  session: PhaseSession,
  schema: string,
  { entry, history }: { readonly entry: HistoryEntry; readonly history: OperationHistory },
): Promise<void> {
  const { connection, log } = session;
  const { name, file } = entry;
  const plan = await readPlan(connection, schema, name);
  const begun = entry.state === 'contracting';
  if (!begun) {
    // The point of no return, in the database's own words before anything of it is done.
    await inFencedTransaction(session, { script: file }, () =>
      setState(connection, { schema, name, state: 'contracting' }),
    );
  }
  const oldSchemas = history.filter(({ place }) => place < entry.place).map(({ versionSchema }) => versionSchema);
  await runSteps({ session, schema, name, file, steps: plan.contract, done: begun ? entry.steps : 0, oldSchemas });
  await withLockRetry(session, file, () =>
    inFencedTransaction(session, { script: file }, async () => {
      for (const old of oldSchemas) {
        if (!(await dropVersionSchema(connection, old))) log(`${old}: holds more than sluice has put there, and stays`);
      }
      await keepChanged(connection, { schema, version: name });
      await setState(connection, { schema, name, state: 'contracted' });
    }),
  );
  log(`${file}: contracted`);
}
