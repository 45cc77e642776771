import {
  changeColumn,
  changeTable,
  type Column,
  type Constraint,
  isGiven,
  placeOfTable,
  scopeOf,
  type Table,
} from './catalogue.js';
import {
  constraintsToCopy,
  copyConstraint,
  copyIndex,
  indexesToCopy,
  type Move,
  movedConstraint,
  movedIndex,
} from './column-copies.js';
import { trialOfTies } from './column-ties.js';
import { columnsRead, overRow, trialRows, valueOf } from './expression.js';
import { moveIdentity } from './identity.js';
import { quoted } from './names.js';
import { newColumnSql } from './new-column.js';
import { type NewConstraint, phaseConstraint, statedConstraint } from './new-constraint.js';
import type { OperationPlan, OperationProblem, Scope, Situation, Sync, SyncUp, Trial } from './operation.js';
import { type ConstraintPlace, cutOf, type PhasedConstraint, phasedNotNull, together } from './phased-constraint.js';

/** Columns that take the places of others: both are there until contract, and triggers keep them the same. */
export interface Succession {
  readonly table: Table;
  readonly successors: readonly Successor[];
  /** The constraint that the new columns are to be without. */
  readonly without?: string;
  /** Constraints that are made anew otherwise than by a copy. */
  readonly remade?: readonly Remade[];
  /** What the new columns are to have besides. */
  readonly added?: readonly NewConstraint[];
  readonly situation: Situation;
}

export interface Remade {
  /** As the new version has it. */
  readonly constraint: Constraint;
  readonly phased: PhasedConstraint;
  readonly rollback: readonly string[];
}

export interface Successor {
  readonly before: Column;
  readonly after: Column;
  /** SQL over a row of the old version. */
  readonly up: Stated;
  /** SQL over a row of the new one. */
  readonly down: Stated;
}

/** An expression, and where in the operation's body it, or what it follows from, stands. */
export interface Stated {
  readonly expression: string;
  readonly path: OperationProblem['path'];
}

/** A column as it is to be, under a name of its own until contract. */
export function successorOf(column: Column, { names }: Situation): Column {
  // A default in the table would make a row that the old version inserts look like the new one's.
  return { ...column, physical: names.standIn(column.name), inViewOnly: true };
}

/** Everything but the verdict. */
export function planSuccession(succession: Succession): Omit<OperationPlan, 'verdict'> {
  const { table, successors, situation, added = [], remade = [] } = succession;
  const { catalogue } = situation;
  const place = placeOfTable(catalogue, table);
  const after = successors.reduce(
    (grown, { before, after: column }) => changeColumn(grown, before.name, () => column),
    table,
  );
  const moved = movedScope(table, successors);
  const isKept = ({ name }: { readonly name: string }) => name !== succession.without;
  const anew = new Map(remade.map(({ constraint }) => [constraint.name, constraint]));
  const copied = constraintsToCopy({ table, scope: moved }).filter((each) => isKept(each) && !anew.has(each.name));
  const indexes = indexesToCopy({ table, scope: moved });
  const move = moveOf(succession, moved);
  const copies = indexes.map((index) => copyIndex(index, move));
  const logical = placesIn(succession, scopeOf(after));
  const constraints = together([
    ...successors
      .filter((each) => !each.after.nullable)
      .map((each) => phasedNotNull(logical(each.after.name), each.after)),
    ...copied.map((constraint) => copyConstraint(constraint, move)),
    ...added.map((constraint) => phaseConstraint(constraint, { after, place: logical(constraint.name), situation })),
    ...remade.map(({ phased }) => phased),
  ]);
  return {
    after: changeTable(catalogue, table.name, () => ({
      ...after,
      constraints: [
        ...table.constraints.filter(isKept).map((each) => anew.get(each.name) ?? movedConstraint(each, moved)),
        ...added.map((constraint) => statedConstraint(constraint, after, catalogue)),
      ],
      indexes: table.indexes.filter(isKept).map((index) => movedIndex(index, moved)),
    })),
    trials: successors.flatMap((successor) => trialsOf(successor, { succession, after, place })),
    expand: cutOf(table.physical, [
      ...successors.flatMap(({ before, after: column }) => newColumnSql(column, { place, like: [before.physical] })),
      ...constraints.expand,
    ]),
    syncs: syncsOf(succession, { after, accepts: constraints.accepts }),
    settle: [...copies.map(({ settle }) => settle), ...constraints.settle],
    contract: {
      prepare: constraints.prepare,
      cut: cutOf(table.physical, [
        ...constraints.cut,
        ...successors.flatMap((successor) => takePlace(successor, place)),
        ...(constraints.finish ?? []),
        ...copies.flatMap(({ cut }) => cut),
      ]),
    },
    rollback: cutOf(table.physical, [
      ...remade.flatMap(({ rollback }) => rollback),
      ...successors.map(
        ({ after: column }) => `alter table if exists ${place} drop column if exists ${quoted(column.physical)}`,
      ),
    ]),
  };
}

/** Old names to new ones. */
function movedScope(table: Table, successors: readonly Successor[]): Scope {
  return {
    table: table.physical,
    columns: successors.map(({ before, after }) => ({ name: before.physical, physical: after.physical })),
  };
}

/** For what the author wrote: in the names of the new version. */
function placesIn({ table, situation }: Succession, scope: Scope): (name: string) => ConstraintPlace {
  const { catalogue, names } = situation;
  return (name) => ({
    schema: catalogue.schema,
    table: table.physical,
    place: placeOfTable(catalogue, table),
    marker: names.marker,
    standIn: (purpose) => names.standIn(`${table.physical}_${name}`, purpose),
    scope,
  });
}

/** For what is copied: the server words it in the names of the database, of columns that no version shows as well. */
function moveOf({ table, situation, successors }: Succession, scope: Scope): Move {
  const physical = [...table.columns, ...successors.map(({ after }) => after)].map((column) => column.physical);
  const columns = [...physical, ...table.hidden].map((name) => ({ name, physical: name }));
  const places = placesIn({ table, situation, successors }, { table: table.physical, columns });
  return {
    table,
    scope,
    placeOf: (name) => {
      // What is on columns of two operations of a file is copied by each: the last copy is the one that stays.
      const own = [name, ...successors.map(({ before }) => before.name)].join('_');
      return { place: places(own), copy: situation.names.standIn(`${table.physical}_${own}`, 'copy') };
    },
  };
}

/** A sequence goes with the column that owns it, and counts as far as that does. */
function takePlace(successor: Successor, place: string): readonly string[] {
  const { before, after } = successor;
  const column = quoted(after.physical);
  const sequence = /^nextval\('((?:[^']|'')+)'::regclass\)$/.exec(before.default ?? '')?.[1]?.replaceAll("''", "'");
  const widened = after.type === 'bigint' && before.type !== 'bigint' ? ' as bigint' : '';
  return [
    ...(after.default === undefined
      ? []
      : [`alter table ${place} alter column ${column} set default ${after.default}`]),
    ...(sequence === undefined ? [] : [`alter sequence ${sequence}${widened} owned by ${place}.${column}`]),
    ...(after.generated === 'identity' ? [moveIdentity(place, { from: before.physical, to: after.physical })] : []),
    `alter table ${place} drop column if exists ${quoted(before.physical)}`,
  ];
}

interface SyncOrder {
  readonly after: Table;
  readonly accepts: NonNullable<SyncUp['accepts']>;
}

/** What several columns together have to be is asked when the last of them has its value. */
function syncsOf({ table, successors }: Succession, { after: newTable, accepts }: SyncOrder): readonly Sync[] {
  const last = successors.at(-1);
  return tied(successors, scopeOf(newTable)).map((group) => ({
    table: table.physical,
    ups: group.map((successor) => ({
      column: successor.after.physical,
      type: successor.after.type,
      expression: successor.up.expression,
      scope: scopeOf(table),
      ...(successor === last ? { accepts } : {}),
    })),
    downs: group.map(({ before, after, down }) => ({
      column: before.physical,
      type: before.type,
      expression: down.expression,
      scope: scopeOf(newTable),
      required: !before.nullable,
      given: isGiven(before, [after]),
    })),
  }));
}

/**
 * Those of which one goes back by what is in another are written together, or the old version's constraint would meet one
 * of them as it was. The others stay apart: a lossy `down` of a column must not run for a write to another.
 */
function tied(successors: readonly Successor[], scope: Scope): readonly (readonly Successor[])[] {
  const reads = (one: Successor, other: Successor) =>
    columnsRead(one.down.expression, scope).some(({ physical }) => physical === other.after.physical);
  return successors.reduce<readonly (readonly Successor[])[]>((groups, successor) => {
    const isTied = (group: readonly Successor[]) =>
      group.some((other) => reads(successor, other) || reads(other, successor));
    const rest = groups.filter((group) => !isTied(group));
    return [...rest, [...groups.filter(isTied).flat(), successor]];
  }, []);
}

interface TrialOrder {
  readonly succession: Succession;
  readonly after: Table;
  readonly place: string;
}

function trialsOf(
  { before, after, up, down }: Successor,
  { succession, after: newTable, place }: TrialOrder,
): readonly Trial[] {
  const { table, successors, situation } = succession;
  const asOld = (physical: string) => `sluice_row.${quoted(physical)}`;
  const upOf = (successor: Successor) => {
    const value = valueOf(successor.up.expression, successor.after.type);
    return `(${overRow(value, scopeOf(table), asOld)})`;
  };
  const asNew = (physical: string) => {
    const successor = successors.find((each) => each.after.physical === physical);
    return successor === undefined ? asOld(physical) : upOf(successor);
  };
  const back = `(${overRow(valueOf(down.expression, before.type), scopeOf(newTable), asNew)})`;
  const assign = (type: string, value: string) => `create temporary table sluice_trial (value ${type}) on commit drop;
insert into sluice_trial select ${value} from (select * from ${place} limit ${trialRows}) as sluice_row`;
  return [
    trialOfTies(situation.catalogue, { table, column: before, path: up.path }),
    { path: up.path, sql: assign(after.type, upOf({ before, after, up, down })) },
    { path: down.path, sql: assign(before.type, back) },
  ];
}
