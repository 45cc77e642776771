import { columnIn } from './checks.js';
import { type Column, hasPhysicalColumn, isTakenColumn, type Table } from './catalogue.js';
import { constraintsToCopy } from './column-copies.js';
import { refuseKeyColumn, refuseReferredColumn } from './column-ties.js';
import type { OperationProblem, Situation } from './operation.js';

type Path = OperationProblem['path'];

/** What keeps a column from being replaced by another one. A table that is made in the same file is changed as it is. */
export function refuseSuccession(
  { table, name, path }: { readonly table: Table; readonly name: string; readonly path: Path },
  { catalogue, before, names }: Situation,
): readonly OperationProblem[] {
  if (table.isNew === true) return [];
  const column = columnIn(table, name);
  const refuse = (message: string) => [{ path, message }];
  if (table.partitioned) {
    return refuse(
      `expected a plain table, found ${table.name}, which has partitions: its indexes cannot be built concurrently`,
    );
  }
  if (column.generated !== undefined) {
    return refuse(
      `expected a column that clients write, found ${table.name}.${name}, whose values the server gives (${column.generated})`,
    );
  }
  const again = refuseSecondChange({ table, column, path }, { before, names });
  if (again.length > 0) return again;
  return [
    ...refuseKeyColumn(table, column, path),
    ...refuseReferredColumn(catalogue, { table, column, path }),
    ...refuseUncopied(table, column, path),
  ];
}

/** A column that an operation of the same file makes, or puts another one in the place of. */
export function refuseSecondChange(
  { table, column, path }: { readonly table: Table; readonly column: Column; readonly path: Path },
  { before, names }: Pick<Situation, 'before' | 'names'>,
): readonly OperationProblem[] {
  if (hasPhysicalColumn(before, table, column) && !isTakenColumn(table, names.standIn(column.name))) return [];
  return [
    {
      path,
      message: `expected one change of ${table.name}.${column.name} in a file, found another one before; put them into one operation, or into two files`,
    },
  ];
}

function refuseUncopied(table: Table, column: Column, path: Path): readonly OperationProblem[] {
  const scope = { table: table.physical, columns: [{ name: column.physical, physical: '' }] };
  return constraintsToCopy({ table, scope }).flatMap((constraint) => {
    const named = `the constraint ${JSON.stringify(constraint.name)}`;
    if (constraint.kind === 'exclude') {
      const message = `expected no exclusion constraint on ${table.name}.${column.name}, found ${named}, which cannot be built without holding up writes`;
      return [{ path, message }];
    }
    if (constraint.validated) return [];
    return [{ path, message: `expected ${named} of ${table.name} to be valid, found it is not; validate it first` }];
  });
}
