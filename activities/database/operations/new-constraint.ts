import type { IndexDefinition } from '../index-definition.js';
import {
  type Catalogue,
  type Constraint,
  findColumn,
  findTable,
  isTakenRelation,
  placeOfTable,
  scopeOf,
  type Table,
} from './catalogue.js';
import {
  columnIn,
  missingColumn,
  missingTable,
  refuseNotUnique,
  refuseTakenConstraint,
  requireColumns,
  tableOf,
} from './checks.js';
import { refersToRow } from './column-copies.js';
import type { TableReference } from './column-schema.js';
import { checkSql, foreignKeySql } from './constraint-sql.js';
import { inPhysicalNames } from './expression.js';
import { qualified, quoted } from './names.js';
import type { OperationProblem, Situation } from './operation.js';
import {
  type ConstraintPlace,
  type PhasedConstraint,
  phasedCheck,
  phasedForeignKey,
  phasedUnique,
} from './phased-constraint.js';

/** A constraint that an operation adds; columns by the names the new version has for them. */
export type NewConstraint = { readonly name: string } & (
  | { readonly kind: 'check'; readonly condition: string; readonly noInherit?: boolean | undefined }
  | {
      readonly kind: 'unique' | 'primary key';
      readonly columns: readonly string[];
      readonly index?: Pick<IndexDefinition, 'include' | 'storage' | 'tablespace'>;
    }
  | { readonly kind: 'foreign key'; readonly columns: readonly string[]; readonly reference: Reference }
);

type Reference = TableReference & {
  readonly deferrable?: boolean | undefined;
  readonly initially_deferred?: boolean | undefined;
};
type Path = OperationProblem['path'];

export function checkConstraint(
  constraint: NewConstraint,
  { table, catalogue, names }: Pick<Situation, 'catalogue' | 'names'> & { readonly table: Table },
  paths: { readonly name: Path; readonly columns: Path; readonly reference: Path },
): readonly OperationProblem[] {
  const taken = refuseTakenConstraint(table, constraint.name, paths.name);
  switch (constraint.kind) {
    case 'check':
      return taken;
    case 'unique':
    case 'primary key': {
      const missing = requireColumns(table, constraint.columns, paths.columns);
      if (taken.length > 0 || !isTakenRelation(catalogue, constraint.name)) return [...taken, ...missing];
      const other = `expected a name of its own, found another ${JSON.stringify(constraint.name)} in ${catalogue.schema}`;
      return [{ path: paths.name, message: other }, ...missing];
    }
    case 'foreign key':
      return [
        ...taken,
        ...requireColumns(table, constraint.columns, paths.columns),
        ...checkReference(constraint, { table, catalogue, names }, paths.reference),
      ];
  }
}

function checkReference(
  { columns, reference }: Extract<NewConstraint, { kind: 'foreign key' }>,
  { catalogue, names }: Pick<Situation, 'catalogue' | 'names'> & { readonly table: Table },
  path: Path,
): readonly OperationProblem[] {
  const target = findTable(catalogue, reference.table);
  if (target === undefined) return [missingTable(catalogue, reference.table, [...path, 'table'])];
  const keys = reference.columns.map((each) => findColumn(target, each));
  const missing = reference.columns.filter((_, at) => keys[at] === undefined);
  if (missing.length > 0) return missing.map((each) => missingColumn(target, each, path));
  if (keys.length !== columns.length) {
    const message = `expected as many columns of ${target.name} as there are in columns, ${columns.length}, found ${keys.length}`;
    return [{ path, message }];
  }
  const anew = keys.find((key) => key !== undefined && key.physical === names.standIn(key.name));
  if (anew !== undefined) {
    const message = `expected a key that is there, found that ${target.name}.${anew.name} is changed in the same file; refer to it in a later one`;
    return [{ path, message }];
  }
  return refuseNotUnique(
    target,
    keys.filter((key) => key !== undefined),
    path,
  );
}

/** On a table in use. `after` is the table as the new version sees it. */
export function phaseConstraint(
  constraint: NewConstraint,
  {
    after,
    place,
    situation,
  }: { readonly after: Table; readonly place: ConstraintPlace; readonly situation: Situation },
): PhasedConstraint {
  switch (constraint.kind) {
    case 'check':
      return phasedCheck(place, constraint);
    case 'unique':
    case 'primary key':
      return phasedUnique(place, { ...constraint, columns: physicalOf(after, constraint.columns) });
    case 'foreign key': {
      const { name, columns, reference } = constraint;
      const key = keyOf(reference, situation.catalogue);
      return phasedForeignKey(place, {
        name,
        definition: foreignKeySql(physicalOf(after, columns), key, reference),
        isThere: refersToRow({ row: after.name, columns, target: qualified(key.schema, key.table), keys: key.columns }),
      });
    }
  }
}

/** On a table that is made in the same file. */
export function addConstraintSql(constraint: NewConstraint, table: Table, catalogue: Catalogue): string {
  const definition = definitionOf(constraint, table, catalogue);
  return `alter table ${placeOfTable(catalogue, table)} add constraint ${quoted(constraint.name)} ${definition}`;
}

/** As the catalogue of the new version has it. */
export function statedConstraint(constraint: NewConstraint, after: Table, catalogue: Catalogue): Constraint {
  const { name, kind } = constraint;
  const columns = constraint.kind === 'check' ? [] : physicalOf(after, constraint.columns);
  return { name, kind, columns, definition: definitionOf(constraint, after, catalogue), validated: true };
}

function definitionOf(constraint: NewConstraint, table: Table, catalogue: Catalogue): string {
  switch (constraint.kind) {
    case 'check': {
      const condition = inPhysicalNames(constraint.condition, scopeOf(table));
      return checkSql(condition, { no_inherit: constraint.noInherit });
    }
    case 'unique':
    case 'primary key': {
      const { kind, columns, index } = constraint;
      const list = (names: readonly string[]) => names.map((each) => quoted(each)).join(', ');
      return [
        `${kind} (${list(physicalOf(table, columns))})`,
        index?.include && `include (${list(physicalOf(table, index.include))})`,
        index?.storage && `with (${index.storage})`,
        index?.tablespace && `using index tablespace ${quoted(index.tablespace)}`,
      ]
        .filter(Boolean)
        .join(' ');
    }
    case 'foreign key': {
      const { columns, reference } = constraint;
      return foreignKeySql(physicalOf(table, columns), keyOf(reference, catalogue), reference);
    }
  }
}

function keyOf(reference: TableReference, catalogue: Catalogue) {
  const target = tableOf(catalogue, reference.table);
  return { schema: catalogue.schema, table: target.physical, columns: physicalOf(target, reference.columns) };
}

function physicalOf(table: Table, columns: readonly string[]): readonly string[] {
  return columns.map((column) => columnIn(table, column).physical);
}
