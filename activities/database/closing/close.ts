import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { createClosed, createEvents } from '../own-tables.js';
import { recordEvent } from '../events.js';
import type { PhaseSession } from '../phase-session.js';
import { type Closer, isOf, readOwnClosed } from './closed.js';
import { type Closing, describeClosing } from './closings.js';
import { onColumns, readColumns } from './columns.js';
import { orWithout, readUsers } from './forecast.js';
import { inOneGo } from './in-one-go.js';
import {
  columnPrivileges,
  findRelation,
  giveRights,
  readRights,
  refuseForeign,
  type Relation,
  type Right,
  takeRights,
} from './rights.js';

/**
 * Takes the rights to what goes away, each table or view in a transaction of its own, in which what they were is
 * written down. What is closed already stays as it is, so that an attempt that was cut off goes on.
 */
export async function closeAll(session: PhaseSession, closer: Closer, closings: readonly Closing[]): Promise<void> {
  const { connection, log } = session;
  await createClosed(connection);
  await createEvents(connection);
  const closed = await readOwnClosed(connection, closer);
  for (const closing of closings) {
    if (closed.some((each) => isOf(each, closing))) continue;
    const what = describeClosing(closing);
    const relation = await findRelation(connection, closing.relid);
    await inOneGo(session, { relation, detail: 'takes the rights to it away' }, async () => {
      if (relation !== undefined) await closeOne(connection, closer, { closing, relation });
    });
    log(`${what}: closed`);
  }
}

async function closeOne(
  connection: Connection,
  { schema, lane }: Closer,
  { closing, relation }: { readonly closing: Closing; readonly relation: Relation },
): Promise<void> {
  const rights = await readRights(connection, relation);
  const foreign = await refuseForeign(connection, relation, rights);
  if (foreign !== undefined) throw new ReleaseError('migration-failed', `${foreign}, ${orWithout}`);
  const keptOut = (await readUsers(connection, closing))
    .filter(({ reason }) => reason === null)
    .map(({ role }) => role);
  await connection.query(
    `insert into sluice.schema_closed (schema_name, relid, relation, columns, rights, kept_out, lane, row_type)
     values ($1, $2, $3, $4, $5, $6, $7, (select reltype from pg_class where oid = $2))`,
    [schema, relation.relid, relation.place, closing.columns ?? null, JSON.stringify(rights), keptOut, lane],
  );
  const out = keptOut.join(', ') || 'nobody';
  await recordEvent(connection, schema, describeClosing(closing), `closed by ${lane}: keeps out ${out}`);
  const goes =
    closing.columns === undefined ? rights : rights.filter(({ privilege }) => columnPrivileges.includes(privilege));
  await takeRights(connection, relation, goes);
  await requireTaken(connection, relation, goes);
  if (closing.columns === undefined) return;
  const staying = (await readColumns(connection, relation)).filter(
    ({ name }) => closing.columns?.includes(name) !== true,
  );
  await giveRights(
    connection,
    relation,
    goes.flatMap((right) => onColumns(right, staying)),
  );
}

/** A right that somebody else gave, and that is not the owner's to take, would keep the table open without a word. */
async function requireTaken(connection: Connection, relation: Relation, taken: readonly Right[]): Promise<void> {
  const left = (await readRights(connection, relation)).filter((right) =>
    taken.some(({ grantee, privilege }) => grantee === right.grantee && privilege === right.privilege),
  );
  if (left.length === 0) return;
  const found = left.map(({ privilege, grantee }) => `${privilege} of ${grantee}`).join(', ');
  throw new ReleaseError(
    'migration-failed',
    `expected to take the rights to ${relation.place} away, found ${found} still there; let sluice work as its owner, ${orWithout}`,
  );
}
