import { withLockRetry } from '../lock-retry.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import type { Relation } from './rights.js';

/** Nobody who reads or writes is held up by this lock; who changes the table is. */
export async function inOneGo(
  session: PhaseSession,
  { relation, detail }: { readonly relation: Relation | undefined; readonly detail: string },
  work: () => Promise<void>,
): Promise<void> {
  const { connection } = session;
  const script = relation?.place ?? 'sluice.schema_closed';
  session.run.onProgress({ file: script, detail });
  await withLockRetry(session, script, () =>
    inFencedTransaction(session, { script }, async () => {
      if (relation?.isLockable === true) {
        await connection.query(`lock table ${relation.place} in row exclusive mode`, undefined, { script });
      }
      await work();
    }),
  );
}
