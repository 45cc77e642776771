import { nearestWord } from '../../admission/nearest-word.js';
import { type Catalogue, type Column, findColumn, findTable, primaryKeyOf, type Table } from './catalogue.js';
import type { OperationProblem } from './operation.js';

type Path = OperationProblem['path'];

/** `expected a table that is there, found none called "custmers"; did you mean "customers"?` */
export function missingTable(catalogue: Catalogue, name: string, path: Path): OperationProblem {
  return { path, message: `expected a table of ${catalogue.schema}, ${foundNone(name, catalogue.tables)}` };
}

export function missingColumn(table: Table, name: string, path: Path): OperationProblem {
  return { path, message: `expected a column of ${table.name}, ${foundNone(name, table.columns)}` };
}

export function missingConstraint(table: Table, name: string, path: Path): OperationProblem {
  return { path, message: `expected a constraint of ${table.name}, ${foundNone(name, table.constraints)}` };
}

function foundNone(name: string, known: readonly { readonly name: string }[]): string {
  const nearest = nearestWord(
    name,
    known.map((entry) => entry.name),
  );
  const hint = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
  return `found none called ${JSON.stringify(name)}${hint}`;
}

/** The table an operation is about, or what is wrong with it; then nothing else can be said of the operation. */
export function requireTable(
  catalogue: Catalogue,
  name: string,
  check: (table: Table) => readonly OperationProblem[],
): readonly OperationProblem[] {
  const table = findTable(catalogue, name);
  return table === undefined ? [missingTable(catalogue, name, ['table'])] : check(table);
}

export function requireColumns(table: Table, names: readonly string[], path: Path): readonly OperationProblem[] {
  return names.flatMap((name, index) =>
    findColumn(table, name) === undefined ? [missingColumn(table, name, [...path, index])] : [],
  );
}

/** The name a constraint or an index is to have: one table's constraints have names of their own, a schema's indexes have. */
export function refuseTakenConstraint(table: Table, name: string, path: Path): readonly OperationProblem[] {
  const taken = [...table.constraints, ...table.indexes].some((other) => other.name === name);
  return taken
    ? [{ path, message: `expected a name of its own, found another ${JSON.stringify(name)} on ${table.name}` }]
    : [];
}

/** Whether the columns, by their logical names, are what a foreign key may refer to. */
export function refuseNotUnique(table: Table, columns: readonly Column[], path: Path): readonly OperationProblem[] {
  const wanted = columns
    .map(({ physical }) => physical)
    .toSorted()
    .join();
  const same = (found: readonly string[]) => found.toSorted().join() === wanted;
  const unique =
    same(primaryKeyOf(table)?.columns ?? []) ||
    table.indexes.some((index) => index.unique && same(index.columns) && !/\bWHERE\b/.test(index.definition)) ||
    table.constraints.some(({ kind, columns: of }) => kind === 'unique' && same(of));
  if (unique) return [];
  const names = columns.map(({ name }) => name).join(', ');
  return [
    {
      path,
      message: `expected columns of ${table.name} that are unique, found ${names}; a foreign key refers to a key`,
    },
  ];
}
