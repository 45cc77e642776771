import type { Connection } from '../connection.js';

/** One privilege of one role, as the server lists it. Roles are quoted where they must be; `public` is everybody. */
export interface Right {
  readonly grantee: string;
  /** Who has given it. */
  readonly grantor: string;
  readonly privilege: string;
  /** It may be given on. */
  readonly grantable: boolean;
  /** Number of the column it is to; a column may get another name while its rights are away. Absent: to all of the relation. */
  readonly column?: number;
}

/** Of a right to single columns: their names, quoted. */
export type Grant = Right & { readonly columns?: readonly string[] };

/** A table or a view. */
export interface Relation {
  readonly relid: string;
  /** Qualified and quoted. */
  readonly place: string;
  readonly owner: string;
  readonly isView: boolean;
  /** Nobody locks a view to which all rights are taken away, and a table only who may write it. */
  readonly isLockable: boolean;
}

export async function findRelation(connection: Connection, relid: string): Promise<Relation | undefined> {
  const { rows } = await connection.query<Relation>(
    `select pg_class.oid::text as relid, format('%I.%I', nspname, relname) as place,
       quote_ident(pg_get_userbyid(relowner)) as owner, relkind = 'v' as "isView",
       relkind <> 'v' and has_table_privilege(pg_class.oid, 'UPDATE') as "isLockable"
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = $1::oid`,
    [relid],
  );
  return rows[0];
}

/** All but what belongs to the owner of a table: foreign keys are checked with its rights. No check runs over a view. */
export async function readRights(
  connection: Connection,
  { relid, owner, isView }: Relation,
): Promise<readonly Grant[]> {
  const { rows } = await connection.query<Right & { readonly column: number | null; readonly name: string | null }>(
    `select ${rightColumns}, null as column, null as name
     from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl where pg_class.oid = $1::oid
     union all
     select ${rightColumns}, attnum, quote_ident(attname) from pg_attribute, aclexplode(attacl) as acl
     where attrelid = $1::oid and not attisdropped`,
    [relid],
  );
  return rows
    .filter(({ grantee }) => isView || grantee !== owner)
    .map(({ column, name, ...right }) => ({
      ...right,
      ...(column === null || name === null ? {} : { column, columns: [name] }),
    }));
}

const rightColumns = `case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee,
  quote_ident(pg_get_userbyid(grantor)) as grantor, privilege_type as privilege, is_grantable as grantable`;

/** What may be given for single columns, too. */
export const columnPrivileges: readonly string[] = ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES'];

/**
 * Revoked in the owner's name, and with it whatever was given on by those who lose it. The right to a whole table takes
 * the same right to its columns along.
 */
export async function takeRights(
  connection: Connection,
  { place }: Relation,
  rights: readonly Pick<Right, 'grantee' | 'privilege'>[],
): Promise<void> {
  const taken = new Set(
    rights.map(({ grantee, privilege }) => `revoke ${privilege} on ${place} from ${grantee} cascade`),
  );
  for (const revoke of taken) await connection.query(revoke);
}

/** Given by those who gave them. A column that is gone has no rights. */
export async function giveRights(connection: Connection, relation: Relation, rights: readonly Grant[]): Promise<void> {
  for (const right of rights.toSorted((a, b) => depthOf(a, rights, relation) - depthOf(b, rights, relation))) {
    const { grantor } = right;
    const grant = grantOf(right, relation.place);
    if (grantor === relation.owner) await connection.query(grant);
    else {
      await connection.query(`set local role ${grantor}`);
      await connection.query(grant);
      await connection.query('reset role');
    }
  }
}

/** `grant SELECT (full_name) on public.customers to clerk with grant option` */
export function grantOf({ grantee, privilege, grantable, columns }: Grant, place: string): string {
  const of = columns === undefined ? '' : ` (${columns.join(', ')})`;
  return `grant ${privilege}${of} on ${place} to ${grantee}${grantable ? ' with grant option' : ''}`;
}

export function mayGive({ grantee, privilege, grantable }: Right, right: Right): boolean {
  return grantable && grantee === right.grantor && privilege === right.privilege;
}

/** How many have to be given before it: who gives a right on must have it. */
function depthOf(right: Right, rights: readonly Right[], relation: Relation, seen = 0): number {
  if (right.grantor === relation.owner || seen > rights.length) return seen;
  const sources = rights.filter((source) => mayGive(source, right));
  return Math.max(seen + 1, ...sources.map((source) => depthOf(source, rights, relation, seen + 1)));
}

/** Rights that somebody has given in whose name this session can give none; a sentence, with the statement to run. */
export async function refuseForeign(
  connection: Connection,
  { place }: Relation,
  rights: readonly Right[],
): Promise<string | undefined> {
  const { rows } = await connection.query<{ grantor: string; me: string }>(
    `select distinct grantor, quote_ident(current_user) as me from unnest($1::text[]) as grantor
     where not pg_has_role(current_user, to_regrole(grantor)::oid,
       case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)`,
    [rights.map(({ grantor }) => grantor)],
  );
  if (rows.length === 0) return undefined;
  const foreign = rights.filter((right) => rows.some(({ grantor }) => grantor === right.grantor));
  const found = foreign.map(({ privilege, grantee, grantor }) => `${privilege} to ${grantee} that ${grantor} gave`);
  const run = rows.map(({ grantor, me }) => `grant ${grantor} to ${me}`);
  return `expected to be able to give the rights to ${place} back as they are, found ${[...new Set(found)].join(', ')}; run \`${run.join('; ')}\``;
}
