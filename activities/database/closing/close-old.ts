import { ReleaseError } from '../../../domain/failure.js';
import type { SoftContract } from '../../../domain/schema-change.js';
import type { Connection } from '../connection.js';
import type { PhaseSession } from '../phase-session.js';
import type { Migration, SchemaPlan } from '../schema-engine.js';
import { closeAll } from './close.js';
import { type Closer, isOf, readClosed, readOwnClosed } from './closed.js';
import { type OldForm, readClosings } from './closings.js';
import { foretell } from './forecast.js';

interface Old extends Closer {
  readonly old: OldForm;
}

/** Refused before anything is closed when it would keep out nobody. Where nothing goes there is nothing to do. */
export async function closeOld(session: PhaseSession, order: Omit<Old, 'lane'>): Promise<SoftContract> {
  const { connection, migration } = session;
  const old = { ...order, lane: migration.lane };
  const { refusals } = await foretellClosing(connection, old);
  if (refusals.length > 0) throw new ReleaseError('migration-failed', refusals.join('\n'));
  const { closings } = await readClosings(connection, old.old);
  await closeAll(session, old, closings);
  return foretellClosing(connection, old);
}

export async function foretellClosing(connection: Connection, { old, ...closer }: Old): Promise<SoftContract> {
  return foretell(connection, await readClosings(connection, old), { closer, all: await readClosed(connection) });
}

export async function countClosed(connection: Connection, { old, ...closer }: Old) {
  const closed = await readOwnClosed(connection, closer);
  const { closings } = await readClosings(connection, old);
  const left = closings.filter((closing) => !closed.some((each) => isOf(each, closing)));
  return { closed: closed.length, left: left.length };
}

/** What a plan says of it, where the migration asks for one. */
export function withSoftContract(
  { softContract: isAsked = false }: Pick<Migration, 'softContract'>,
  { refusals, softContract }: { readonly refusals: readonly string[]; readonly softContract: SoftContract | undefined },
): Pick<SchemaPlan, 'refusals' | 'softContract'> {
  if (!isAsked || softContract === undefined) return { refusals };
  return { refusals: [...refusals, ...softContract.refusals], softContract };
}
