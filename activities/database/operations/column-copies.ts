import type { Constraint, Index, Table } from './catalogue.js';
import { readForeignKey } from './foreign-key.js';
import { insideParentheses, moveIndexShape, readIndexShape } from './index-text.js';
import { qualified, quoted } from './names.js';
import type { Scope, Step } from './operation.js';
import {
  type ConstraintPlace,
  type PhasedConstraint,
  phasedCheck,
  phasedForeignKey,
  phasedUnique,
} from './phased-constraint.js';
import { columnNames, inPhysicalNames } from './expression.js';

/** Columns and the ones that take their places; names are physical. */
export interface Move {
  readonly table: Table;
  /** From the old names to the new ones. */
  readonly scope: Scope;
  /** Where a copy of the constraint or index called so is made, and what that is called until contract. */
  readonly placeOf: (name: string) => { readonly place: ConstraintPlace; readonly copy: string };
}

/** The constraints that would go with the old columns; NOT NULL is the columns' own. */
export function constraintsToCopy({ table, scope }: Pick<Move, 'table' | 'scope'>): readonly Constraint[] {
  return table.constraints.filter(
    ({ kind, columns, definition }) =>
      kind !== 'not null' &&
      (columns.some((column) => isMoved(scope, column)) || (kind === 'check' && mentions(definition, scope))),
  );
}

/** The indexes that would go with the old columns, without those of constraints. */
export function indexesToCopy({ table, scope }: Pick<Move, 'table' | 'scope'>): readonly Index[] {
  return table.indexes.filter(
    (index) =>
      !table.constraints.some(({ name }) => name === index.name) &&
      (index.columns.some((column) => isMoved(scope, column)) || mentions(index.definition, scope)),
  );
}

/** Until contract under a name of its own. */
export function copyConstraint(constraint: Constraint, move: Move): PhasedConstraint {
  const { place, copy } = move.placeOf(constraint.name);
  const { definition } = constraint;
  const renames = [`alter table ${place.place} rename constraint ${quoted(copy)} to ${quoted(constraint.name)}`];
  const renamed = (phased: PhasedConstraint) => ({ ...phased, finish: [...(phased.finish ?? []), ...renames] });
  switch (constraint.kind) {
    case 'check': {
      const condition = inPhysicalNames(insideParentheses(definition), move.scope);
      return renamed(phasedCheck(place, { name: copy, condition, noInherit: / NO INHERIT\b/.test(definition) }));
    }
    case 'foreign key':
      return renamed(copyForeignKey(definition, move, { place, copy }));
    case 'primary key':
    case 'unique': {
      const index = move.table.indexes.find(({ name }) => name === constraint.name);
      const shape = index && moveIndexShape(readIndexShape(index.definition), move.scope);
      const columns = constraint.columns.map((column) => movedName(move.scope, column));
      const timing = / (DEFERRABLE.*)$/.exec(definition)?.[1] ?? '';
      return renamed(
        phasedUnique(place, {
          name: copy,
          columns,
          kind: constraint.kind,
          timing,
          ...(shape === undefined ? {} : { index: shape }),
        }),
      );
    }
    case 'exclude':
    case 'not null':
      throw new Error(`a plan was made for a copy of the ${constraint.kind} constraint ${constraint.name}`);
  }
}

function copyForeignKey(definition: string, { scope }: Move, { place, copy }: ReturnType<Move['placeOf']>) {
  const { columns, target, key, moved } = moveForeignKey(definition, scope);
  const isThere = refersToRow({ row: place.scope.table, columns, target, keys: key.keys });
  return phasedForeignKey(place, { name: copy, definition: moved, isThere });
}

function moveForeignKey(definition: string, scope: Scope) {
  const key = readForeignKey(definition);
  if (key === undefined) throw new Error(`not a foreign key: ${definition}`);
  const columns = key.columns.map((column) => movedName(scope, column));
  const target = key.schema === undefined ? quoted(key.table) : qualified(key.schema, key.table);
  const list = (names: readonly string[]) => names.map((name) => quoted(name)).join(', ');
  const moved = `FOREIGN KEY (${list(columns)}) REFERENCES ${target} (${list(key.keys)})${key.rules}`;
  return { columns, target, key, moved };
}

/**
 * Whether a row of a version refers to one that is there, or to none. `columns` are names as the version has them,
 * `target` is quoted.
 */
export function refersToRow(order: {
  /** What the version calls the table. */
  readonly row: string;
  readonly columns: readonly string[];
  readonly target: string;
  readonly keys: readonly string[];
}): string {
  // By the table's name, because the other table may have a column of the same name.
  const names = order.columns.map((column) => qualified(order.row, column));
  const pairs = order.keys.map((key, at) => `sluice_key.${quoted(key)} = ${names[at]}`);
  const isNull = names.map((name) => `${name} is null`).join(' or ');
  return `${isNull} or exists (select from ${order.target} as sluice_key where ${pairs.join(' and ')})`;
}

export function copyIndex(
  index: Index,
  { placeOf, scope }: Move,
): { readonly settle: Step; readonly cut: readonly string[] } {
  const { place, copy } = placeOf(index.name);
  const shape = moveIndexShape(readIndexShape(index.definition), scope);
  const table = { schema: place.schema, name: place.table };
  return {
    settle: { do: 'build-index', index: { ...shape, table, name: copy } },
    cut: [
      // One that only looks as if it were on the column does not go with it.
      `drop index if exists ${qualified(place.schema, index.name)}`,
      `alter index ${qualified(place.schema, copy)} rename to ${quoted(index.name)}`,
    ],
  };
}

/** As they will be, in the catalogue of the new version. */
export function movedConstraint(constraint: Constraint, scope: Scope): Constraint {
  const { kind, columns, definition } = constraint;
  const isForeignKey = kind === 'foreign key' && readForeignKey(definition) !== undefined;
  return {
    ...constraint,
    columns: columns.map((column) => movedName(scope, column)),
    definition: isForeignKey ? moveForeignKey(definition, scope).moved : inPhysicalNames(definition, scope),
  };
}

export function movedIndex(index: Index, scope: Scope): Index {
  const { columns, definition } = index;
  // What stands before it are names of the index and its table.
  const using = definition.search(/\busing\b/i);
  return {
    ...index,
    columns: columns.map((column) => movedName(scope, column)),
    definition: definition.slice(0, using) + inPhysicalNames(definition.slice(using), scope),
  };
}

function movedName({ columns }: Scope, name: string): string {
  return columns.find((column) => column.name === name)?.physical ?? name;
}

function isMoved({ columns }: Scope, name: string): boolean {
  return columns.some((column) => column.name === name);
}

function mentions(definition: string, scope: Scope): boolean {
  return columnNames(definition).some(({ name }) => isMoved(scope, name));
}
