import type { ObservedStatement } from '../../../domain/lint/finding.js';
import type { Connection } from '../connection.js';

export type Observation = Pick<ObservedStatement, 'locks' | 'rewritten'>;

/**
 * Runs a statement in the transaction that is open, and looks at what it did: the locks that the session has since, by
 * the server's own list, and the relations that were there before and have another file now.
 */
export async function observe(connection: Connection, statement: string): Promise<Observation> {
  const before = await readRelations(connection);
  const held = await readLocks(connection);
  await connection.query(statement);
  const after = await readRelations(connection);
  const locks = await readLocks(connection);
  const there = [...before.values()];
  return {
    // By name from before: what was dropped has none any more.
    locks: there.flatMap(({ oid, relation }) => {
      const mode = locks.get(oid);
      return mode === undefined || mode === held.get(oid) ? [] : [{ relation, mode }];
    }),
    rewritten: there.flatMap(({ oid, relation, file }) => {
      const now = after.get(oid);
      return now === undefined || now.file === file ? [] : [relation];
    }),
  };
}

interface Relation {
  readonly oid: number;
  readonly relation: string;
  readonly file: string | null;
}

async function readRelations(connection: Connection): Promise<ReadonlyMap<number, Relation>> {
  const { rows } = await connection.query<Relation>(
    `select oid::integer, oid::regclass::text as relation, pg_relation_filenode(oid)::text as file from pg_class
     where relkind in ('r', 'p', 'i', 'I', 'm', 'v', 'S') 
       and relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_' or nspname = 'information_schema')
     order by oid`,
  );
  return new Map(rows.map((row) => [row.oid, row]));
}

/** The strongest of each relation that is stronger than what a SELECT takes. */
async function readLocks(connection: Connection): Promise<ReadonlyMap<number, string>> {
  const { rows } = await connection.query<{ oid: number; mode: string }>(
    `select relation::integer as oid, mode from pg_locks
     where pid = pg_backend_pid() and locktype = 'relation' and granted and mode <> 'AccessShareLock'
     order by array_position(array['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
       'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], mode)`,
  );
  return new Map(rows.map(({ oid, mode }) => [oid, mode]));
}
