import { keepChanged } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { createKept } from '../own-tables.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { type HistoryEntry, type OperationHistory, readPlan, setKeepFor, setState } from './history.js';
import { renameInLaterPlans } from './later-plans.js';
import { runSteps } from './run-steps.js';
import { dropVersionSchema } from './version-schema.js';

/** Removes what only the old version needed; goes on where an earlier attempt stopped. */
export async function contractMigration(
  session: PhaseSession,
  schema: string,
  {
    entry,
    history,
    keepForMs: asked,
  }: { readonly entry: HistoryEntry; readonly history: OperationHistory; readonly keepForMs?: number | undefined },
): Promise<void> {
  const { connection, log } = session;
  const { name, file } = entry;
  const plan = await readPlan(connection, schema, name);
  const begun = entry.state === 'contracting';
  // Whoever goes on with it goes on as it was begun.
  const forMs = begun ? plan.keepForMs : asked;
  // Whatever this may be refused must be refused before anything has begun.
  if (forMs !== undefined) await createKept(connection);
  if (!begun) {
    // The point of no return, in the database's own words before anything of it is done.
    await inFencedTransaction(session, { script: file }, async () => {
      await setState(connection, { schema, name, state: 'contracting' });
      if (asked !== undefined) await setKeepFor(connection, { schema, name, forMs: asked });
    });
  }
  const keep = forMs === undefined ? {} : { keep: { schema, name, place: entry.place, forMs } };
  const oldSchemas = history.filter(({ place }) => place < entry.place).map(({ versionSchema }) => versionSchema);
  const later = history.filter(({ place }) => place > entry.place);
  const done = begun ? entry.steps : 0;
  await runSteps({ session, schema, name, file, steps: plan.contract, done, oldSchemas, ...keep });
  await withLockRetry(session, file, () =>
    inFencedTransaction(session, { script: file }, async () => {
      for (const old of oldSchemas) {
        if (!(await dropVersionSchema(connection, old))) log(`${old}: holds more than sluice has put there, and stays`);
      }
      if (plan.after !== 'read-again') await renameInLaterPlans(connection, { schema, after: plan.after, later });
      await keepChanged(connection, { schema, version: name });
      await setState(connection, { schema, name, state: 'contracted' });
    }),
  );
  log(`${file}: contracted`);
}
