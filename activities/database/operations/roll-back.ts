import { recordEvent } from '../events.js';
import { keepChanged } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { deleteEntry, type HistoryEntry, readPlan, setRollback, setState } from './history.js';
import { countLostRows, describeLostRows } from './lost-rows.js';
import type { MigrationPlan, PlannedStep } from './migration-plan.js';
import { runSteps } from './run-steps.js';
import { clearVersionSchema } from './version-schema.js';

/** Takes a migration back, however far it came; goes on with a rollback that was cut off. */
export async function rollBackMigration(session: PhaseSession, schema: string, entry: HistoryEntry): Promise<void> {
  const { connection, log } = session;
  const { name, file, versionSchema } = entry;
  const begun = entry.state === 'rolling-back';
  if (!begun) {
    const plan = await readPlan(connection, schema, name);
    const steps = stepsBack(plan, entry);
    const lost = await tellLost(session, entry, plan);
    // Its views first: the new version is gone, and what they show cannot be dropped from under them.
    await withLockRetry(session, file, () =>
      inFencedTransaction(session, { script: file }, async () => {
        await clearVersionSchema(connection, versionSchema);
        await keepChanged(connection, { schema, version: name });
        await setRollback(connection, { schema, name, steps });
        await setState(connection, { schema, name, state: 'rolling-back' });
        if (lost !== undefined) await recordEvent(connection, schema, name, `going back loses ${lost}`);
      }),
    );
  }
  const { rollback: steps } = await readPlan(connection, schema, name);
  await runSteps({ session, schema, name, file, steps, done: begun ? entry.steps : 0, back: true });
  await inFencedTransaction(session, { script: file }, () => deleteEntry(connection, schema, name));
  log(`${file}: taken back`);
}

const countMs = 3_000;

/** While the new version's form is there. What is half expanded nobody has written to. */
async function tellLost(
  { connection, run, log }: PhaseSession,
  { state, file }: HistoryEntry,
  plan: MigrationPlan,
): Promise<string | undefined> {
  if (state === 'expanding') return undefined;
  const lost = describeLostRows(await countLostRows(connection, plan, { withinMs: countMs }));
  run.signal.throwIfAborted();
  if (lost === undefined) return undefined;
  log(`${file}: going back loses what the new version wrote into ${lost}`);
  run.onProgress({ file, detail: `going back loses what the new version wrote into ${lost}`, isNotice: true });
  return lost;
}

/** Without what undoes an operation that has not begun: what is there by the names it would have used is not ours. */
function stepsBack({ expand, rollback }: MigrationPlan, { state, steps }: HistoryEntry): readonly PlannedStep[] {
  if (state !== 'expanding') return rollback;
  const begun = new Set(expand.slice(0, steps).flatMap(placesOf));
  const unbegun = new Set(expand.flatMap(placesOf).filter((at) => !begun.has(at)));
  return rollback.flatMap((step): readonly PlannedStep[] => {
    if (step.do !== 'cut') return unbegun.has(step.at) ? [] : [step];
    const statements = step.statements.filter(({ at }) => !unbegun.has(at));
    return statements.length === 0 ? [] : [{ ...step, statements }];
  });
}

function placesOf(step: PlannedStep): readonly string[] {
  return step.do === 'cut' ? step.statements.map(({ at }) => at) : [step.at];
}
