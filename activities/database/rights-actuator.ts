import type { RightsChange } from '../../domain/effect.js';
import { describeSoftContract } from '../../domain/schema-change.js';
import type { Actuator } from '../actuator.js';
import { phaseRun, readMigration, type SchemaParts } from './schema-actuator.js';

/** Takes away the rights to what contract will remove, and gives them back. */
export function createRightsActuator(parts: Omit<SchemaParts, 'tellRun'>): Actuator<RightsChange> {
  const { engine } = parts;
  return {
    // As with the schema: the verbs take the database's fence, also with nothing to do.
    repeatable: true,
    /** Half closed counts as neither: what is wanted tells which half is missing. */
    async observe({ state }, { release }) {
      const { closed, left } = await engine.readClosed(await readMigration(parts, release));
      if (state === 'closed') return left === 0 ? 'closed' : 'open';
      return closed === 0 ? 'open' : 'closed';
    },
    holds: (wanted, found) => wanted === found,
    async act({ state }, _found, context) {
      const migration = await readMigration(parts, context.release);
      if (state === 'open') return engine.reopenOld(migration, phaseRun(context));
      context.onProgress(describeSoftContract(await engine.closeOld(migration, phaseRun(context))));
    },
  };
}
