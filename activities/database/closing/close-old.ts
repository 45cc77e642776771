import { ReleaseError } from '../../../domain/failure.js';
import type { SoftContract } from '../../../domain/schema-change.js';
import type { Connection } from '../connection.js';
import type { PhaseSession } from '../phase-session.js';
import type { Migration, SchemaPlan } from '../schema-engine.js';
import { closeAll } from './close.js';
import { type OldForm, readClosings } from './closings.js';
import { foretell, readClosed } from './forecast.js';

interface Old {
  /** Where the history is. */
  readonly schema: string;
  readonly old: OldForm;
}

/** Refused before anything is closed when it would keep out nobody. Where nothing goes there is nothing to do. */
export async function closeOld(session: PhaseSession, { schema, old }: Old): Promise<SoftContract> {
  const { connection } = session;
  const closings = await readClosings(connection, old);
  const { refusal } = await foretell(connection, closings, await readClosed(connection, schema));
  if (refusal !== undefined) throw new ReleaseError('migration-failed', refusal);
  await closeAll(session, schema, closings.closings);
  return foretell(connection, closings, await readClosed(connection, schema));
}

export async function foretellClosing(connection: Connection, { schema, old }: Old): Promise<SoftContract> {
  return foretell(connection, await readClosings(connection, old), await readClosed(connection, schema));
}

export async function countClosed(connection: Connection, { schema, old }: Old) {
  const closed = await readClosed(connection, schema);
  const { closings } = await readClosings(connection, old);
  const left = closings.filter(({ relid }) => !closed.some((row) => row.relid === relid));
  return { closed: closed.length, left: left.length };
}

/** What a plan says of it, where the migration asks for one. */
export function withSoftContract(
  { softContract: isAsked = false }: Pick<Migration, 'softContract'>,
  { refusals, softContract }: { readonly refusals: readonly string[]; readonly softContract: SoftContract | undefined },
): Pick<SchemaPlan, 'refusals' | 'softContract'> {
  if (!isAsked || softContract === undefined) return { refusals };
  const { refusal } = softContract;
  return { refusals: refusal === undefined ? refusals : [...refusals, refusal], softContract };
}
