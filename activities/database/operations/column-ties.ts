import { type Catalogue, type Column, placeOfTable, primaryKeyOf, type Table } from './catalogue.js';
import { referencesTo } from './foreign-key.js';
import { literal } from './names.js';
import type { OperationProblem, Trial } from './operation.js';

type Path = OperationProblem['path'];

/** A primary key is how rows are told apart, by the backfill as well. */
export function refuseKeyColumn(table: Table, column: Column, path: Path): readonly OperationProblem[] {
  const key = primaryKeyOf(table);
  if (key?.columns.includes(column.physical) !== true) return [];
  return [
    {
      path,
      message: `expected a column outside the primary key, found that ${column.name} is part of ${JSON.stringify(key.name)} of ${table.name}; widen_key makes an integer key a bigint`,
    },
  ];
}

export function refuseReferredColumn(
  catalogue: Catalogue,
  { table, column, path }: { readonly table: Table; readonly column: Column; readonly path: Path },
): readonly OperationProblem[] {
  return referencesTo(catalogue, table)
    .filter(({ key }) => key.keys.includes(column.physical))
    .map(({ from, constraint }) => ({
      path,
      message: `expected a column that no foreign key refers to, found ${JSON.stringify(constraint.name)} of ${from.name} on ${table.name}.${column.name}; drop that first, in an earlier file`,
    }));
}

/**
 * Fails where something stands on the column that would keep it from being dropped at contract, and which is neither
 * dropped with it nor made anew: views, policies, triggers, functions, publications, generated columns.
 */
export function trialOfTies(
  catalogue: Catalogue,
  { table, column, path }: { readonly table: Table; readonly column: Column; readonly path: Path },
): Trial {
  const place = placeOfTable(catalogue, table);
  // The views of versions are made and dropped by the engine.
  return {
    path,
    sql: `do $sluice$ declare ties text; begin
  select string_agg(distinct pg_describe_object(classid, objid, objsubid), ', ') into ties
  from pg_depend join pg_attribute on attrelid = refobjid and attnum = refobjsubid
    left join pg_rewrite on classid = 'pg_rewrite'::regclass and pg_rewrite.oid = objid
    left join pg_class on pg_class.oid = ev_class left join pg_namespace on pg_namespace.oid = relnamespace
    left join pg_attrdef on classid = 'pg_attrdef'::regclass and pg_attrdef.oid = objid
  where refclassid = 'pg_class'::regclass and attrelid = ${literal(place)}::regclass and attname = ${literal(column.physical)}
    and (classid in ('pg_policy'::regclass, 'pg_trigger'::regclass, 'pg_proc'::regclass, 'pg_publication_rel'::regclass, 'pg_statistic_ext'::regclass)
      or (classid = 'pg_rewrite'::regclass and not starts_with(nspname, ${literal(`${catalogue.schema}_`)}))
      or (classid = 'pg_attrdef'::regclass and adnum <> attnum)
      or (classid = 'pg_class'::regclass and objsubid <> 0));
  if ties is not null then
    raise exception 'expected nothing to stand on %.% but its own constraints and indexes, found %; drop it or take the column out of it first',
      ${literal(table.name)}, ${literal(column.name)}, ties;
  end if;
end $sluice$`,
  };
}
