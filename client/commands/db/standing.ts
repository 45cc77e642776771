import { ClientError } from '../../client-error.js';
import { askSchema } from '../../schema-run.js';
import type { SchemaOrder, SchemaStanding } from '../../../domain/schema-change.js';
import type { DatabaseWork } from './work.js';

/** Where the files stand, when they can be run at all; every reason why not, otherwise. */
export async function requireRunnable({ standalone }: DatabaseWork, order: SchemaOrder): Promise<SchemaStanding> {
  const standing = await askSchema(() => standalone.standing(order));
  if (standing.refusals.length === 0) return standing;
  throw new ClientError({
    exit: 'refused',
    code: 'migration-failed',
    message: standing.refusals.join('\n'),
    remedy: 'Mend what is named, and run it again: nothing was changed.',
  });
}
