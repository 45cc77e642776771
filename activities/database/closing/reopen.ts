import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { recordEvent } from '../events.js';
import { hasEvents } from '../own-tables.js';
import type { PhaseSession } from '../phase-session.js';
import { type Closed, describeCloser, isOwn, readClosed } from './closed.js';
import { describeClosing } from './closings.js';
import { onColumns, readColumns } from './columns.js';
import { inOneGo } from './in-one-go.js';
import {
  columnPrivileges,
  findRelation,
  giveRights,
  type Grant,
  grantOf,
  mayGive,
  refuseForeign,
  type Relation,
  type Right,
  takeRights,
} from './rights.js';

/**
 * Gives all rights back that a soft contract of this lane has taken away, and forgets them. What is gone has none; what
 * another lane has closed is its own, and is named. Answers with what is open again.
 */
export async function reopenAll(
  session: PhaseSession,
  schema: string,
  lane = session.migration.lane,
): Promise<readonly Closed[]> {
  const { connection, log, migration } = session;
  const all = await readClosed(connection);
  const closed = all.filter((each) => isOwn(each, { schema, lane }));
  // What was closed by an earlier version of sluice comes back also where none are kept.
  const tells = await hasEvents(connection);
  for (const each of closed.toReversed()) {
    const { relid } = each;
    const what = describeClosing(each);
    const relation = await findRelation(connection, relid);
    await inOneGo(session, { relation, detail: 'gives the rights to it back' }, async () => {
      const missing = relation === undefined ? [] : await reopenOne(session, schema, relation);
      await connection.query('delete from sluice.schema_closed where schema_name = $1 and relid = $2::oid', [
        schema,
        relid,
      ]);
      const events = [relation === undefined ? 'gone while it was closed' : `reopened by ${migration.lane}`, ...missing];
      for (const event of tells ? events : []) await recordEvent(connection, schema, what, event);
    });
    log(`${what}: reopened`);
  }
  for (const each of all.filter((one) => !closed.includes(one))) {
    log(`${describeClosing(each)} stays closed, by ${describeCloser(each)}`);
  }
  return closed;
}

/** Answers with the rights that are not given back, each a sentence. */
async function reopenOne(
  { connection, run }: PhaseSession,
  schema: string,
  relation: Relation,
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ rights: readonly Right[] }>(
    'select rights from sluice.schema_closed where schema_name = $1 and relid = $2::oid',
    [schema, relation.relid],
  );
  const saved = rows[0]?.rights ?? [];
  const columns = await readColumns(connection, relation);
  const all: readonly Grant[] = saved.flatMap((right) => (right.column === undefined ? [right] : onColumns(right, columns)));
  const { rights, missing } = await withoutMissing(connection, relation, all);
  for (const detail of missing) run.onProgress({ file: relation.place, detail, isNotice: true });
  const foreign = await refuseForeign(connection, relation, rights);
  if (foreign !== undefined) throw new ReleaseError('migration-failed', foreign);
  // What was given for single columns instead goes first, so that nothing of it stays.
  const instead = rights.filter(({ privilege }) => columnPrivileges.includes(privilege));
  await takeRights(connection, relation, instead);
  await giveRights(connection, relation, rights);
  return missing;
}

/**
 * A role that was dropped in between has no rights, and can give none; nor can one give on what it has not got back. Each
 * of these rights is said, with who gave it and the statement that gives it in the owner's name.
 */
async function withoutMissing(connection: Connection, relation: Relation, rights: readonly Grant[]) {
  const { rows } = await connection.query<{ name: string }>(
    `select distinct name from unnest($1::text[]) as name where name <> 'public' and to_regrole(name) is null`,
    [rights.flatMap(({ grantee, grantor }) => [grantee, grantor])],
  );
  const gone = rows.map(({ name }) => name);
  const isThere = ({ grantee, grantor }: Right) => !gone.includes(grantee) && !gone.includes(grantor);
  let back = rights.filter(isThere);
  for (let before = -1; before !== back.length;) {
    before = back.length;
    const from = back;
    back = from.filter((right) => right.grantor === relation.owner || from.some((source) => mayGive(source, right)));
  }
  const missing = rights
    .filter((right) => !back.includes(right))
    .map((right) => {
      const why = [right.grantee, right.grantor].filter((name) => gone.includes(name)).join(', ');
      const cause = why === '' ? `${right.grantor} has no right to give it on any more` : `${why} is no role any more`;
      return `${right.privilege} to ${right.grantee}, which ${right.grantor} gave, is not given back, because ${cause}; where it is needed, run \`${grantOf(right, relation.place)}\``;
    });
  return { rights: back, missing };
}
