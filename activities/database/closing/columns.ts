import type { Connection } from '../connection.js';
import type { Grant, Relation, Right } from './rights.js';

interface ColumnPlace {
  readonly number: number;
  readonly name: string;
  readonly quoted: string;
}

/** The system's own, such as xmin, are among them: whoever reads all columns may read those. */
export async function readColumns(connection: Connection, { relid }: Relation): Promise<readonly ColumnPlace[]> {
  const { rows } = await connection.query<ColumnPlace>(
    `select attnum as number, attname::text as name, quote_ident(attname) as quoted from pg_attribute
     where attrelid = $1::oid and not attisdropped order by attnum`,
    [relid],
  );
  return rows;
}

/** The right as far as these columns go. */
export function onColumns(right: Right, columns: readonly ColumnPlace[]): readonly Grant[] {
  const of = columns.filter(({ number }) =>
    right.column === undefined ? number > 0 || right.privilege === 'SELECT' : number === right.column,
  );
  return of.length === 0 ? [] : [{ ...right, columns: of.map(({ quoted }) => quoted) }];
}
