import type { BackfillHeader } from '../backfill-header.js';
import { keyTypes } from '../backfill-key.js';
import type { Connection } from '../connection.js';
import { qualified } from './names.js';

type Key = Pick<BackfillHeader, 'table' | 'key'>;

/** The column a table's rows are walked along: of the primary key where it will do. What speaks against it, otherwise. */
export async function chooseKey(
  connection: Connection,
  { schema, table }: { readonly schema: string; readonly table: string },
): Promise<Key | string> {
  const place = qualified(schema, table);
  const { rows } = await connection.query<{ key: string }>(
    `select attname as key from pg_index join pg_class index on index.oid = indexrelid
     join pg_am on pg_am.oid = index.relam join pg_attribute on attrelid = indrelid and attnum = indkey[0]
     where indrelid = to_regclass($1) and indisvalid and indpred is null and amname = 'btree' and attnotnull
       and format_type(atttypid, null) = any($2)
     order by indisprimary desc, indisunique desc, indnkeyatts, attnum limit 1`,
    [place, keyTypes],
  );
  const [row] = rows;
  if (row !== undefined) return { table: [schema, table], key: row.key };
  return `expected ${table} to have an index that begins with a column that is NOT NULL and of type ${keyTypes.join(', ')}, to fill its rows along it, found none`;
}
