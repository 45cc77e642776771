import { nearestWord } from '../../admission/nearest-word.js';
import {
  type Catalogue,
  type Column,
  findColumn,
  findTable,
  type Index,
  primaryKeyOf,
  type Table,
} from './catalogue.js';
import { readIndexShape } from './index-text.js';
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

export function missingIndex(catalogue: Catalogue, name: string, path: Path): OperationProblem {
  const indexes = catalogue.tables.flatMap((table) => table.indexes);
  return { path, message: `expected an index of ${catalogue.schema}, ${foundNone(name, indexes)}` };
}

export function missingIndexOf(table: Table, name: string, path: Path): OperationProblem {
  return { path, message: `expected an index of ${table.name}, ${foundNone(name, table.indexes)}` };
}

export function missingEnum(catalogue: Catalogue, name: string, path: Path): OperationProblem {
  return { path, message: `expected an enum type of ${catalogue.schema}, ${foundNone(name, catalogue.enums ?? [])}` };
}

export function missingPartition({ name: of, partitions = [] }: Table, name: string, path: Path): OperationProblem {
  return { path, message: `expected a partition of ${of}, ${foundNone(name, partitions)}` };
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

/** The table of an operation that has been checked. */
export function tableOf(catalogue: Catalogue, name: string): Table {
  const table = findTable(catalogue, name);
  if (table === undefined) throw new Error(`a plan was made for the table ${name}, which is not there`);
  return table;
}

/** The column of an operation that has been checked. */
export function columnIn(table: Table, name: string): Column {
  const column = findColumn(table, name);
  if (column === undefined) throw new Error(`a plan was made for the column ${table.name}.${name}, which is not there`);
  return column;
}

export function requireColumn(table: Table, name: string, path: Path): readonly OperationProblem[] {
  return findColumn(table, name) === undefined ? [missingColumn(table, name, path)] : [];
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

export function refuseTakenColumn(table: Table, name: string, path: Path): readonly OperationProblem[] {
  if (findColumn(table, name) === undefined) return [];
  return [{ path, message: `expected a name of its own, found another ${JSON.stringify(name)} in ${table.name}` }];
}

export function refuseTakenTable(catalogue: Catalogue, name: string, path: Path): readonly OperationProblem[] {
  if (findTable(catalogue, name) === undefined) return [];
  return [
    { path, message: `expected a name of its own, found another ${JSON.stringify(name)} in ${catalogue.schema}` },
  ];
}

/** Whether only some rows are in the index. */
export function isPartial(index: Index): boolean {
  return /\bWHERE\b/.test(index.definition);
}

/** Of some rows only, or of expressions, which `columns` leaves out. */
function isOfSome(index: Index): boolean {
  return isPartial(index) || readIndexShape(index.definition).elements.includes('(');
}

/** Whether the columns, and no fewer, are a key. */
export function isUnique(table: Table, columns: readonly Column[]): boolean {
  const wanted = columns
    .map(({ physical }) => physical)
    .toSorted()
    .join();
  const same = (found: readonly string[]) => found.toSorted().join() === wanted;
  return (
    same(primaryKeyOf(table)?.columns ?? []) ||
    table.indexes.some((index) => index.unique && index.valid && same(index.columns) && !isOfSome(index)) ||
    table.constraints.some(({ kind, columns: of }) => kind === 'unique' && same(of))
  );
}

/** Whether the columns, by their logical names, are what a foreign key may refer to. */
export function refuseNotUnique(table: Table, columns: readonly Column[], path: Path): readonly OperationProblem[] {
  if (isUnique(table, columns)) return [];
  const names = columns.map(({ name }) => name).join(', ');
  return [
    {
      path,
      message: `expected columns of ${table.name} that are unique, found ${names}; a foreign key refers to a key`,
    },
  ];
}
