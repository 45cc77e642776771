import { type Catalogue, findTable, type Index, type Table } from './catalogue.js';
import { missingTable } from './checks.js';
import { referencesTo } from './foreign-key.js';
import type { OperationProblem } from './operation.js';

type Path = OperationProblem['path'];

/** A table with partitions, one of which may come or go without a look at the rows of others. */
export function refuseParent(catalogue: Catalogue, name: string, path: Path): readonly OperationProblem[] {
  const table = findTable(catalogue, name);
  if (table === undefined) return [missingTable(catalogue, name, path)];
  if (!table.partitioned) return [{ path, message: `expected a table with partitions, found ${name}, which has none` }];
  return referencesTo(catalogue, table).map(({ from, constraint }) => ({
    path,
    message: `expected a table that no foreign key refers to, found ${JSON.stringify(constraint.name)} of ${from.name} on ${name}: the server would look through ${from.name} under a lock; drop that first, in an earlier file`,
  }));
}

/** What the server would make or look through while it holds the lock on the partition. */
export function refuseUnlike(parent: Table, partition: Table, path: Path): readonly OperationProblem[] {
  const taken = parent.partitions?.find(({ isDefault }) => isDefault);
  const missing = (what: string) => ({
    path,
    message: `expected ${partition.name} to have the same as ${what} of ${parent.name}, found nothing like it; make it in an earlier file`,
  });
  return [
    ...(taken === undefined
      ? []
      : [
          {
            path,
            message: `expected no default partition of ${parent.name}, found ${taken.name}, through which the server would look under a lock; detach it first, in an earlier file`,
          },
        ]),
    ...parent.indexes
      .filter(
        (index) => !partition.indexes.some((own) => own.valid && likeness(partition, own) === likeness(parent, index)),
      )
      .map(({ name }) => missing(`the index ${JSON.stringify(name)}`)),
    ...parent.constraints
      .filter(({ kind }) => kind === 'foreign key')
      .filter(({ definition }) => !partition.constraints.some((own) => own.validated && own.definition === definition))
      .map(({ name }) => missing(`the foreign key ${JSON.stringify(name)}`)),
  ];
}

/** All but the names. */
function likeness({ constraints }: Table, { name, unique, definition }: Index): string {
  const constraint = constraints.find((each) => each.name === name)?.kind ?? 'none';
  return `${constraint} ${unique} ${definition.slice(definition.search(/\busing\b/i))}`;
}
