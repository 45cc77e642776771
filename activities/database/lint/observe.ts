import type { ObservedStatement } from '../../../domain/lint/finding.js';
import type { Connection } from '../connection.js';

export type Observation = Pick<ObservedStatement, 'locks' | 'rewritten'>;

/**
 * Runs a statement in the transaction that is open, and looks at what it did: the locks that the session holds since,
 * by the server's own list, and the relations that were there before and have another file now.
 */
export async function observe(connection: Connection, statement: string): Promise<Observation> {
  const before = await snapshot(connection);
  await connection.query(statement);
  const after = await snapshot(connection);
  const there = [...after].filter(([oid]) => before.has(oid));
  return {
    locks: there.flatMap(([oid, { relation, mode }]) =>
      mode === null || mode === before.get(oid)?.mode ? [] : [{ relation, mode }],
    ),
    rewritten: there.flatMap(([oid, { relation, file }]) => (file === before.get(oid)?.file ? [] : [relation])),
  };
}

interface RelationState {
  readonly oid: number;
  readonly relation: string;
  readonly file: string | null;
  /** The strongest lock of this session that is stronger than what a SELECT takes. */
  readonly mode: string | null;
}

/** A SELECT's own locks are on the catalogue, which is left out. */
const relationQuery = `
  select c.oid::integer, c.oid::regclass::text as relation, pg_relation_filenode(c.oid)::text as file, held.mode
  from pg_class c
  left join lateral (
    select l.mode from pg_locks l
    where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and l.relation = c.oid
      and l.mode <> 'AccessShareLock'
    order by array_position(array['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
      'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], l.mode) desc
    limit 1
  ) held on true
  where c.relkind in ('r', 'p', 'i', 'I', 'm', 'v', 'S')
    and c.relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_' or nspname = 'information_schema')
  order by c.oid`;

async function snapshot(connection: Connection): Promise<ReadonlyMap<number, RelationState>> {
  const { rows } = await connection.query<RelationState>(relationQuery);
  return new Map(rows.map((row) => [row.oid, row]));
}
