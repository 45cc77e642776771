import type { Table } from './catalogue.js';
import { columnIn } from './checks.js';
import { constraintsToCopy, indexesToCopy } from './column-copies.js';
import { refuseKeyColumn, refuseReferredColumn } from './column-ties.js';
import type { OperationProblem, Situation } from './operation.js';
import { refuseSecondChange } from './succession-checks.js';

type Path = OperationProblem['path'];

/** What keeps a column from going at contract when nothing that stands on it is made anew: what holds must not be lost. */
export function refuseLeaving(
  { table, name, path }: { readonly table: Table; readonly name: string; readonly path: Path },
  { catalogue, before, names }: Situation,
): readonly OperationProblem[] {
  const column = columnIn(table, name);
  const refuse = (message: string) => [{ path, message }];
  if (table.partitioned) return refuse(`expected a plain table, found ${table.name}, which has partitions`);
  if (column.generated !== undefined) {
    return refuse(
      `expected a column that clients write, found ${table.name}.${name}, whose values the server gives (${column.generated})`,
    );
  }
  const again = refuseSecondChange({ table, column, path }, { before, names });
  if (again.length > 0) return again;
  const scope = { table: table.physical, columns: [{ name: column.physical, physical: '' }] };
  const held = [
    ...constraintsToCopy({ table, scope }).map(
      (constraint) => `the ${constraint.kind} constraint ${JSON.stringify(constraint.name)}`,
    ),
    ...indexesToCopy({ table, scope })
      .filter(({ unique }) => unique)
      .map((index) => `the unique index ${JSON.stringify(index.name)}`),
  ];
  const key = refuseKeyColumn(table, column, path);
  return [
    ...key,
    ...refuseReferredColumn(catalogue, { table, column, path }),
    ...(key.length > 0
      ? []
      : held.map((what) => ({
          path,
          message: `expected no constraint on ${table.name}.${name}, found ${what}, which would go with it; drop it in an earlier file, and say in a later one what holds of the new columns`,
        }))),
  ];
}
