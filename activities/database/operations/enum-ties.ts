import { identifierOf, tokenize } from '../sql-statements.js';
import { type Catalogue, type Column, type EnumType, placeOfTable, type Table } from './catalogue.js';
import { constraintsToCopy, indexesToCopy } from './column-copies.js';
import { labelOfDefault } from './enum-labels.js';
import { literal, qualified } from './names.js';
import type { OperationProblem, Trial } from './operation.js';

/** What compares a column with a value of the old type, and would have to be written for the new one. */
export function refuseMentions(
  { table, columns }: { readonly table: Table; readonly columns: readonly Column[] },
  type: EnumType,
): readonly OperationProblem[] {
  const scope = { table: table.physical, columns: columns.map(({ physical }) => ({ name: physical, physical })) };
  const defaults = columns.flatMap(({ name, default: value }) =>
    value === undefined || labelOfDefault(value) !== undefined
      ? []
      : [{ name: `the default of ${name}`, definition: value }],
  );
  return [...constraintsToCopy({ table, scope }), ...indexesToCopy({ table, scope }), ...defaults]
    .filter(({ definition }) => casts(definition, type))
    .map((found) => ({
      path: ['name'],
      message: `expected no index, constraint or computed default that names a value of ${type.name}, found ${JSON.stringify(found.name)} of ${table.name}; drop it first, in an earlier file, and make it anew in a later one`,
    }));
}

function casts(definition: string, { name }: EnumType): boolean {
  const tokens = [...tokenize(definition)];
  return tokens.some(
    ({ text }, at) =>
      text === '::' &&
      [tokens[at + 1], tokens[at + 2]?.text === '.' ? tokens[at + 3] : undefined].map(identifierOf).includes(name),
  );
}

/** Fails where something is of the type, or stands on it, that does not go along: functions, arrays, domains, other schemas. */
export function trialOfEnumTies(
  catalogue: Catalogue,
  type: EnumType,
  users: readonly { readonly table: Table; readonly columns: readonly Column[] }[],
): Trial {
  const known = users.flatMap(({ table, columns }) =>
    columns.map(
      ({ physical }) => `(${literal(placeOfTable(catalogue, table))}::regclass::oid, ${literal(physical)}::name)`,
    ),
  );
  const isKnown = known.length === 0 ? 'false' : `(attrelid, attname) in (${known.join(', ')})`;
  return {
    path: ['name'],
    sql: `do $sluice$ declare ties text; begin
  select string_agg(distinct pg_describe_object(classid, objid, objsubid), ', ') into ties
  from pg_depend join pg_type on refclassid = 'pg_type'::regclass and refobjid in (pg_type.oid, typarray)
    left join pg_attribute on classid = 'pg_class'::regclass and attrelid = objid and attnum = objsubid
    left join pg_class holder on holder.oid = attrelid
    left join pg_rewrite on classid = 'pg_rewrite'::regclass and pg_rewrite.oid = objid
    left join pg_class on pg_class.oid = ev_class left join pg_namespace on pg_namespace.oid = pg_class.relnamespace
  where pg_type.oid = ${literal(qualified(catalogue.schema, type.name))}::regtype and deptype <> 'i'
    and ((classid = 'pg_class'::regclass and holder.relkind in ('r', 'p', 'm', 'f', 'c') and not ${isKnown})
      or classid in ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_cast'::regclass, 'pg_operator'::regclass)
      or (classid = 'pg_rewrite'::regclass and not starts_with(nspname, ${literal(`${catalogue.schema}_`)})));
  if ties is not null then
    raise exception 'expected nothing to be of the type % but columns of tables, found %; change that first', ${literal(type.name)}, ties;
  end if;
end $sluice$`,
  };
}
