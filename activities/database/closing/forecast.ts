import type { SoftContract } from '../../../domain/schema-change.js';
import type { Connection } from '../connection.js';
import { type Closed, type Closer, describeCloser, isOf, isOwn } from './closed.js';
import { type Closing, type Closings, describeClosing } from './closings.js';
import { findRelation, readRights, refuseForeign } from './rights.js';

/** Whom it would keep out, and whom it cannot; of what is closed already, whom it does. Every reason to refuse it. */
export async function foretell(
  connection: Connection,
  { closings, open }: Closings,
  { closer, all }: { readonly closer: Closer; readonly all: readonly Closed[] },
): Promise<SoftContract> {
  const closed = all.filter((each) => isOwn(each, closer));
  const left = closings.filter((closing) => !closed.some((each) => isOf(each, closing)));
  const keepsOut = new Set(closed.flatMap(({ keptOut }) => keptOut));
  const cannot = new Set<string>();
  for (const closing of closings) {
    for (const { role, reason } of await readUsers(connection, closing)) {
      if (reason !== null) cannot.add(`${role} ${reason} and keeps its rights: sessions of ${role} are not tried`);
      else if (left.includes(closing)) keepsOut.add(role);
    }
  }
  const stays = [...cannot, ...open];
  const isNobody = keepsOut.size === 0 && closings.length + open.length > 0;
  const since = closed.map((row) => row.since).toSorted((a, b) => a - b)[0];
  return {
    closes: closings.map(describeClosing),
    keepsOut: [...keepsOut].toSorted(),
    cannot: stays,
    refusals: [
      ...left.flatMap((closing) => refuseClosedBefore(closing, all)),
      ...(await refuseGivenOn(connection, left)),
      ...(isNobody ? [nobodyTried(stays)] : []),
    ],
    ...(since === undefined ? {} : { since }),
  };
}

/** What else can be done about a refusal. */
export const orWithout = 'or do without a soft contract (--soft, or softContract of the next release)';

/** By another lane: what would be written down of the rights is not all of them any more. */
function refuseClosedBefore(closing: Closing, all: readonly Closed[]): readonly string[] {
  return all
    .filter((each) => isOf(each, closing))
    .map(
      (each) =>
        `expected nobody else to keep ${describeClosing(each)} closed, found its rights taken away by ${describeCloser(each)}`,
    );
}

async function refuseGivenOn(connection: Connection, closings: readonly Closing[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { relid } of closings) {
    const relation = await findRelation(connection, relid);
    if (relation === undefined) continue;
    const refusal = await refuseForeign(connection, relation, await readRights(connection, relation));
    if (refusal !== undefined) found.push(`${refusal}, ${orWithout}`);
  }
  return found;
}

function nobodyTried(cannot: readonly string[]): string {
  const why = cannot.length === 0 ? 'nobody but the owner has any rights to what goes' : cannot.join('; ');
  return `expected a soft contract to keep out somebody, found nobody it would: ${why}. Give the service a role of its own that owns nothing, or contract without it`;
}

interface User {
  readonly role: string;
  /** Why it cannot be kept out; `null` when it can. */
  readonly reason: string | null;
}

/** Roles that can log in and may use it today. */
export async function readUsers(connection: Connection, { relid, columns }: Closing): Promise<readonly User[]> {
  const { rows } = await connection.query<User>(
    `select rolname as role, case
         when rolsuper then 'is a superuser'
         when relkind <> 'v' and role.oid = relowner then 'owns ' || relname
         when relkind <> 'v' and pg_has_role(role.oid, relowner, 'USAGE') then 'is a member of ' || pg_get_userbyid(relowner) || ', who owns ' || relname || ','
         when exists (select from pg_roles as all_data where all_data.rolname in ('pg_read_all_data', 'pg_write_all_data') and pg_has_role(role.oid, all_data.oid, 'USAGE')) then 'may read or write all data'
       end as reason
     from pg_roles as role, pg_class
     where pg_class.oid = $1::oid and rolcanlogin and case when $2::text[] is null
       then has_any_column_privilege(role.oid, pg_class.oid, 'SELECT, INSERT, UPDATE') or has_table_privilege(role.oid, pg_class.oid, 'DELETE, TRUNCATE')
       else exists (select from pg_attribute where attrelid = pg_class.oid and attname = any($2) and not attisdropped
         and has_column_privilege(role.oid, pg_class.oid, attnum, 'SELECT, INSERT, UPDATE')) end
     order by rolname`,
    [relid, columns ?? null],
  );
  return rows;
}
