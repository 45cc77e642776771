import type { SchemaDiff } from '../../domain/schema-change.js';
import type { Connection } from './connection.js';
import { describeDrift, type Expected, unexplained } from './drift.js';
import { findDrift, hasPictures } from './kept-pictures.js';
import { isOpen, readHistory, readPlan } from './operations/history.js';
import { explainedBy, stepUnderWay } from './operations/step-traces.js';

/** Everything that is not as a migration left it, those included that are over. */
export async function readDiff(connection: Connection): Promise<SchemaDiff> {
  if (!(await hasPictures(connection))) return { drift: [] };
  const drifts = await findDrift(connection);
  const steps: Expected[] = [];
  for (const schema of new Set(drifts.map((drift) => drift.schema))) {
    for (const entry of (await readHistory(connection, schema)).filter(isOpen)) {
      steps.push(explainedBy(stepUnderWay(entry, await readPlan(connection, schema, entry.name))));
    }
  }
  return { drift: describeDrift(unexplained(drifts, (difference) => steps.some((explains) => explains(difference)))) };
}
