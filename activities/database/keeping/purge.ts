import type { KeptData } from '../../../domain/schema-change.js';
import type { Connection } from '../connection.js';
import { endPictures, keepChanged } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { hasKept, keptSchema } from '../own-tables.js';
import { keptPrefix } from './keep.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';

/** What somebody has given another name is theirs again. */
const isStillKept = `case when attnum is null then nspname = '${keptSchema}'
  else attrelid = kept.relid and not attisdropped and starts_with(attname, '${keptPrefix}') end`;

/** Oldest first. What somebody has dropped by hand is not there any more. */
export async function readKept(connection: Connection): Promise<readonly KeptData[]> {
  if (!(await hasKept(connection))) return [];
  const { rows } = await connection.query<KeptData>(
    `select id::int, kept.schema_name as schema, name, what, definitions,
       case when attnum is null then format('%I.%I', nspname, relname) else format('%I.%I (%I)', nspname, relname, attname) end as place,
       extract(epoch from kept_at)::float8 * 1000 as since, extract(epoch from keep_until)::float8 * 1000 as until,
       keep_until <= clock_timestamp() as "isOver"
     from sluice.schema_kept as kept join pg_class on pg_class.oid = kept.relid
     join pg_namespace on pg_namespace.oid = relnamespace
     left join pg_attribute using (attnum) where ${isStillKept} order by id`,
  );
  return rows;
}

/** Drops these, each in a transaction of its own. Answers with what is gone. */
export async function purge(session: PhaseSession, ids: readonly number[]): Promise<readonly KeptData[]> {
  const { connection } = session;
  const goes = (await readKept(connection)).filter(({ id }) => ids.includes(id));
  for (const { id, what, schema, name } of goes) {
    session.run.onProgress({ file: what, detail: 'drops it' });
    await withLockRetry(session, what, () =>
      inFencedTransaction(session, { script: what }, async () => {
        const { rows } = await connection.query<{ sql: string }>(
          `select case when attnum is null then format('drop table %s', relid::regclass)
             else format('alter table %s drop column %I', relid::regclass, attname) end as sql
           from sluice.schema_kept as kept join pg_class on pg_class.oid = kept.relid
           join pg_namespace on pg_namespace.oid = relnamespace
           left join pg_attribute using (attnum) where id = $1 and ${isStillKept}`,
          [id],
        );
        for (const { sql } of rows) await connection.query(sql, undefined, { script: what });
        await connection.query('delete from sluice.schema_kept where id = $1', [id]);
        await keepChanged(connection, { schema, version: name });
        await endPictures(connection, [{ schema, version: name }]);
      }),
    );
  }
  return goes;
}
