import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { withLockRetry } from '../lock-retry.js';
import { createClosed } from '../own-tables.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { type Closed, type Closer, describeCloser, isOwn, readClosed, readOwnClosed } from './closed.js';
import { type Closing, describeClosing } from './closings.js';
import { readUsers } from './forecast.js';
import {
  columnPrivileges,
  findRelation,
  giveRights,
  readForeignGrantors,
  readRights,
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
  const closed = await readOwnClosed(connection, closer);
  for (const closing of closings) {
    if (closed.some(({ relid }) => relid === closing.relid)) continue;
    const what = describeClosing(closing);
    const relation = await findRelation(connection, closing.relid);
    await inOneGo(session, { relation, detail: 'takes the rights to it away' }, async () => {
      if (relation !== undefined) await closeOne(connection, closer, { closing, relation });
    });
    log(`${what}: closed`);
  }
}

/**
 * Gives all rights back that a soft contract of this lane has taken away, and forgets them. What is gone has none; what
 * another lane has closed is its own, and is named. Answers with what is open again.
 */
export async function reopenAll(
  session: PhaseSession,
  schema: string,
  lane = session.migration.lane,
): Promise<readonly Closed[]> {
  const { connection, log } = session;
  const all = await readClosed(connection);
  const closed = all.filter((each) => isOwn(each, { schema, lane }));
  for (const { relid, place } of closed.toReversed()) {
    const relation = await findRelation(connection, relid);
    await inOneGo(session, { relation, detail: 'gives the rights to it back' }, async () => {
      if (relation !== undefined) await reopenOne(session, schema, relation);
      await connection.query('delete from sluice.schema_closed where schema_name = $1 and relid = $2::oid', [
        schema,
        relid,
      ]);
    });
    log(`${place}: reopened`);
  }
  for (const each of all.filter((one) => !closed.includes(one))) {
    log(`${describeClosing(each)} stays closed, by ${describeCloser(each)}`);
  }
  return closed;
}

/** Nobody who reads or writes is held up by this lock; who changes the table is. */
async function inOneGo(
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

async function closeOne(
  connection: Connection,
  { schema, lane }: Closer,
  { closing, relation }: { readonly closing: Closing; readonly relation: Relation },
): Promise<void> {
  const rights = await readRights(connection, relation);
  const foreign = await readForeignGrantors(connection, rights);
  if (foreign.length > 0) {
    throw new ReleaseError(
      'migration-failed',
      `expected to be able to give the rights to ${relation.place} back as they are, found some that ${foreign.join(', ')} gave; grant ${foreign.join(', ')} to the role of sluice, or do without a soft contract (--soft, or softContract of the next release)`,
    );
  }
  const keptOut = (await readUsers(connection, closing))
    .filter(({ reason }) => reason === null)
    .map(({ role }) => role);
  await connection.query(
    `insert into sluice.schema_closed (schema_name, relid, relation, columns, rights, kept_out, lane) values ($1, $2, $3, $4, $5, $6, $7)`,
    [schema, relation.relid, relation.place, closing.columns ?? null, JSON.stringify(rights), keptOut, lane],
  );
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
    `expected to take the rights to ${relation.place} away, found ${found} still there; let sluice work as its owner, or do without a soft contract (--soft, or softContract of the next release)`,
  );
}

interface ColumnPlace {
  readonly number: number;
  readonly name: string;
  readonly quoted: string;
}

/** The system's own, such as xmin, are among them: whoever reads all columns may read those. */
async function readColumns(connection: Connection, { relid }: Relation): Promise<readonly ColumnPlace[]> {
  const { rows } = await connection.query<ColumnPlace>(
    `select attnum as number, attname::text as name, quote_ident(attname) as quoted from pg_attribute
     where attrelid = $1::oid and not attisdropped order by attnum`,
    [relid],
  );
  return rows;
}

/** The right as far as these columns go. */
function onColumns(right: Right, columns: readonly ColumnPlace[]) {
  const of = columns.filter(({ number }) =>
    right.column === undefined ? number > 0 || right.privilege === 'SELECT' : number === right.column,
  );
  return of.length === 0 ? [] : [{ ...right, columns: of.map(({ quoted }) => quoted) }];
}

async function reopenOne({ connection, log }: PhaseSession, schema: string, relation: Relation): Promise<void> {
  const { rows } = await connection.query<{ rights: readonly Right[] }>(
    'select rights from sluice.schema_closed where schema_name = $1 and relid = $2::oid',
    [schema, relation.relid],
  );
  const saved = rows[0]?.rights ?? [];
  const { rights, missing } = await withoutMissing(connection, saved);
  if (missing.length > 0) log(`${relation.place}: ${missing.join(', ')} is no role any more, and gets no rights back`);
  // What was given for single columns instead goes first, so that nothing of it stays.
  const instead = rights.filter(({ privilege }) => columnPrivileges.includes(privilege));
  await takeRights(connection, relation, instead);
  const columns = await readColumns(connection, relation);
  const back = rights.flatMap((right) => (right.column === undefined ? [right] : onColumns(right, columns)));
  await giveRights(connection, relation, back);
}

async function withoutMissing(connection: Connection, rights: readonly Right[]) {
  const { rows } = await connection.query<{ name: string }>(
    `select distinct name from unnest($1::text[]) as name where name <> 'public' and to_regrole(name) is null`,
    [rights.flatMap(({ grantee, grantor }) => [grantee, grantor])],
  );
  const missing = rows.map(({ name }) => name);
  const isThere = ({ grantee, grantor }: Right) => !missing.includes(grantee) && !missing.includes(grantor);
  return { rights: rights.filter(isThere), missing };
}
