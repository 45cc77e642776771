import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { recordEvent } from '../events.js';
import { hasEvents } from '../own-tables.js';
import type { PhaseSession } from '../phase-session.js';
import { type Closed, describeCloser, isOf, isOwn, readClosed } from './closed.js';
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
 * Gives all rights back that a soft contract of this lane has taken away, and forgets them. What is gone has none, and
 * what has taken its name or its number gets none; what another lane has closed is its own, and is named. Answers with
 * what is not closed any more.
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
    const what = describeClosing(each);
    const relation = each.isThere ? await findRelation(connection, each.relid) : undefined;
    await inOneGo(session, { relation, detail: 'gives the rights to it back' }, async () => {
      const saved = await takeRecord(connection, each);
      const missing =
        relation === undefined
          ? await readReplacement(connection, { each, saved, all })
          : await reopenOne(connection, relation, saved);
      for (const detail of missing) session.run.onProgress({ file: what, detail, isNotice: true });
      const event = relation === undefined ? 'gone while it was closed' : `reopened by ${migration.lane}`;
      for (const one of tells ? [event, ...missing] : []) await recordEvent(connection, schema, what, one);
    });
    log(relation === undefined ? `${what}: gone` : `${what}: reopened`);
  }
  for (const each of all.filter((one) => !closed.includes(one))) {
    log(`${describeClosing(each)} stays closed, by ${describeCloser(each)}`);
  }
  return closed;
}

/** Answers with the rights that it had. */
async function takeRecord(connection: Connection, { schema, relid }: Closed): Promise<readonly Grant[]> {
  const { rows } = await connection.query<{ rights: readonly Grant[] }>(
    'delete from sluice.schema_closed where schema_name = $1 and relid = $2::oid returning rights',
    [schema, relid],
  );
  return rows.flatMap(({ rights }) => rights);
}

/** What is there instead of what is gone, each a sentence; nobody knows who may use it. */
async function readReplacement(
  connection: Connection,
  { each, saved, all }: { readonly each: Closed; readonly saved: readonly Grant[]; readonly all: readonly Closed[] },
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ namesake: string | null; successor: string | null }>(
    `select to_regclass($1)::oid::text as namesake, (select format('%I.%I', nspname, relname) from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = $2::oid) as successor`,
    [each.place, each.relid],
  );
  const { namesake = null, successor = null } = rows[0] ?? {};
  const isClosed = all.some((other) => namesake !== null && isOf(other, { relid: namesake }));
  const grants = saved.map((right) => grantOf(right, each.place)).join('; ');
  return [
    ...(namesake === null || isClosed
      ? []
      : [
          `was dropped and made anew while it was closed: its rights are left as they are; where those of before are needed, run \`${grants}\``,
        ]),
    ...(successor === null ? [] : [`its number is that of ${successor} now, whose rights are left as they are`]),
  ];
}

/** Answers with the rights that are not given back, each a sentence. */
async function reopenOne(
  connection: Connection,
  relation: Relation,
  saved: readonly Grant[],
): Promise<readonly string[]> {
  const columns = await readColumns(connection, relation);
  const all: readonly Grant[] = saved.flatMap((right) =>
    right.column === undefined ? [right] : onColumns(right, columns),
  );
  const { rights, missing } = await withoutMissing(connection, relation, all);
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
