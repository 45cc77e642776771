import type { Check, NewColumn, Reference, TableConstraint, TableReference } from './column-schema.js';
import { qualified, quoted } from './names.js';

interface Timing {
  readonly deferrable?: boolean | undefined;
  readonly initially_deferred?: boolean | undefined;
}

/** `check (price > 0)`; the columns in it have the names they have in the database. */
export function checkSql(condition: string, { no_inherit }: Pick<Check, 'no_inherit'> = {}): string {
  return `check (${condition})${no_inherit === true ? ' no inherit' : ''}`;
}

/** `foreign key ("a") references "s"."t" ("b") on delete cascade`. `place` is where the other table is. */
export function foreignKeySql(
  columns: readonly string[],
  place: { readonly schema: string; readonly table: string; readonly columns: readonly string[] },
  rules: Omit<TableReference, 'table' | 'columns'> & Timing,
): string {
  const { match_type, on_delete, on_delete_set_columns, on_update } = rules;
  const target = `${qualified(place.schema, place.table)} (${list(place.columns)})`;
  const set = on_delete_set_columns === undefined ? '' : ` (${list(on_delete_set_columns)})`;
  return [
    `foreign key (${list(columns)}) references ${target}`,
    match_type && `match ${match_type.toLowerCase()}`,
    on_delete && `on delete ${on_delete.toLowerCase()}${set}`,
    on_update && `on update ${on_update.toLowerCase()}`,
    ...timingSql(rules),
  ]
    .filter(Boolean)
    .join(' ');
}

/** What stands behind the columns' names when the table or the column is made. */
export function columnSql(column: NewColumn): string {
  const { type, nullable, default: value, generated, pk } = column;
  return [
    quoted(column.name),
    type,
    value !== undefined && `default ${value}`,
    generated?.expression !== undefined && `generated always as (${generated.expression}) stored`,
    generated?.identity !== undefined && identitySql(generated.identity),
    nullable !== true && pk !== true && 'not null',
    column.unique === true && 'unique',
  ]
    .filter((part) => part !== false)
    .join(' ');
}

function identitySql({
  user_specified_values,
  sequence_options,
}: NonNullable<NonNullable<NewColumn['generated']>['identity']>) {
  const options = sequence_options === undefined || sequence_options === '' ? '' : ` (${sequence_options})`;
  return `generated ${(user_specified_values ?? 'ALWAYS').toLowerCase()} as identity${options}`;
}

/** The column a reference of one column is about, as a reference of a table. */
export function asTableReference({ table, column, name: _name, ...rules }: Reference): TableReference & Timing {
  return { table, columns: [column], ...rules };
}

/** A constraint of a new table, with its name; `place` finds the table a foreign key refers to. */
export function tableConstraintSql(
  constraint: TableConstraint,
  place: (reference: TableReference) => Parameters<typeof foreignKeySql>[1],
): string {
  return `constraint ${quoted(constraint.name)} ${definitionOf(constraint, place)}`;
}

function definitionOf(
  constraint: TableConstraint,
  place: (reference: TableReference) => Parameters<typeof foreignKeySql>[1],
) {
  const { columns = [], references, exclude, index_parameters: index } = constraint;
  const parameters = [
    index?.include_columns && `include (${list(index.include_columns)})`,
    index?.storage_parameters && `with (${index.storage_parameters})`,
    index?.tablespace && `using index tablespace ${quoted(index.tablespace)}`,
  ];
  const parts = (...words: readonly (string | undefined)[]) => words.filter(Boolean).join(' ');
  switch (constraint.type) {
    case 'check':
      return checkSql(constraint.check ?? '', constraint);
    case 'unique': {
      const nulls = constraint.nulls_not_distinct === true ? ' nulls not distinct' : '';
      return parts(`unique${nulls} (${list(columns)})`, ...parameters, ...timingSql(constraint));
    }
    case 'primary_key':
      return parts(`primary key (${list(columns)})`, ...parameters, ...timingSql(constraint));
    case 'foreign_key':
      return references === undefined
        ? ''
        : foreignKeySql(columns, place(references), { ...constraint, ...references });
    case 'exclude':
      return parts(
        'exclude',
        exclude?.index_method && `using ${exclude.index_method}`,
        `(${exclude?.elements ?? ''})`,
        ...parameters,
        exclude?.predicate && `where (${exclude.predicate})`,
        ...timingSql(constraint),
      );
  }
}

function timingSql({ deferrable, initially_deferred }: Timing): readonly string[] {
  return [
    ...(deferrable === true ? ['deferrable'] : []),
    ...(initially_deferred === true ? ['initially deferred'] : []),
  ];
}

function list(columns: readonly string[]): string {
  return columns.map((column) => quoted(column)).join(', ');
}
