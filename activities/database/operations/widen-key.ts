import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import {
  type Catalogue,
  type Column,
  findColumn,
  isTakenColumn,
  placeOfTable,
  primaryKeyOf,
  type Table,
} from './catalogue.js';
import { columnIn, missingColumn, requireTable, tableOf } from './checks.js';
import { constraintsToCopy } from './column-copies.js';
import { planSuccession, type Remade, type Successor } from './column-successor.js';
import { qualified, quoted } from './names.js';
import type { OperationKind, OperationProblem, Situation } from './operation.js';
import { validate } from './phased-constraint.js';
import { isNarrow, type WidenedTable, widenedTables } from './widened-columns.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column').optional(),
  },
  'table, and column where the primary key is of several',
);
type Body = z.output<typeof schema>;

export const widenKey: OperationKind<Body> = {
  name: 'widen_key',
  manual: {
    purpose:
      'Makes an integer key a bigint, with its sequence or identity, and with every integer column that refers to it, and to those. A second column takes the place of each, as in alter_column; the foreign keys are made anew between them.\n\nUntil contract a number that is too big for the old version fails the write: the sequence goes on as it is.',
    expand: {
      does: 'adds the columns, and triggers that keep them the same',
      locks: 'each table, for a moment, one after the other',
    },
    backfill: {
      does: 'fills the rows, builds the indexes, makes the foreign keys and proves them',
      locks:
        'both tables of a foreign key, for a moment, against writes; a table, for a moment, where a unique index becomes a constraint',
    },
    contract: {
      does: 'table by table, those that refer before those that are referred to, drops the old columns and gives their names to the new ones; the sequence becomes a bigint with them',
      locks: 'each table, for a moment, together with those it refers to',
    },
    rollback: { does: 'drops the new columns', locks: 'each table, for a moment, one after the other' },
    loses: 'nothing: what fits the old version is all there is',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const found = keyOf(body, table);
      return 'problems' in found ? found.problems : refuseReached(situation, table, found.column);
    }),
  plan(body, situation) {
    const table = tableOf(situation.catalogue, body.table);
    const key = keyOf(body, table);
    if ('problems' in key) throw new Error(`a plan was made for a key of ${table.name} that is not there`);
    const { tables } = widenedTables(situation.catalogue, table, key.column);
    let after: Catalogue = situation.catalogue;
    const plans = tables.map((each) => {
      const plan = planTable(each, tables, { ...situation, catalogue: after });
      if (plan.after !== 'read-again') after = plan.after;
      return plan;
    });
    const all = <T>(pick: (plan: (typeof plans)[number]) => readonly T[] | undefined) =>
      plans.flatMap((plan) => pick(plan) ?? []);
    return {
      after,
      verdict: { goingBack: 'safe', loses: 'nothing' },
      trials: all(({ trials }) => trials),
      expand: all(({ expand }) => expand),
      syncs: all(({ syncs }) => syncs),
      // What is referred to first: a foreign key wants the index of the key.
      settle: plans.toReversed().flatMap(({ settle }) => settle ?? []),
      contract: { prepare: all(({ contract }) => contract?.prepare), cut: all(({ contract }) => contract?.cut) },
      rollback: all(({ rollback }) => rollback),
    };
  },
};

/** The column that is stated, or the primary key's one. */
function keyOf(
  body: Body,
  table: Table,
): { readonly column: Column } | { readonly problems: readonly OperationProblem[] } {
  const key = primaryKeyOf(table)?.columns ?? [];
  const stated = body.column ?? table.columns.find((each) => key.length === 1 && each.physical === key[0])?.name;
  if (stated === undefined) {
    const found = key.length === 0 ? 'none' : `one of ${key.join(', ')}`;
    return {
      problems: [
        {
          path: ['table'],
          message: `expected column, or a primary key of one column on ${table.name}, found ${found}`,
        },
      ],
    };
  }
  const column = findColumn(table, stated);
  if (column === undefined) return { problems: [missingColumn(table, stated, ['column'])] };
  if (isNarrow(column)) return { column };
  return {
    problems: [
      {
        path: ['column'],
        message: `expected an integer or a smallint, found ${table.name}.${stated}, which is ${column.type}`,
      },
    ],
  };
}

function refuseReached({ catalogue, names }: Situation, table: Table, column: Column): readonly OperationProblem[] {
  const { tables, circle, unseen } = widenedTables(catalogue, table, column);
  const refuse = (message: string) => ({ path: ['table'], message });
  return [
    ...(circle.length === 0
      ? []
      : [refuse(`expected no tables that refer to each other in a circle, found ${circle.join(', ')}`)]),
    ...unseen.map(({ from, constraint }) =>
      refuse(
        `expected foreign keys of columns that this version shows, found ${JSON.stringify(constraint.name)} of ${from.name}`,
      ),
    ),
    ...tables.flatMap((each) => refuseTable(each, names).map(refuse)),
  ];
}

function refuseTable({ table, columns, references }: WidenedTable, names: Situation['names']): readonly string[] {
  const scope = { table: table.physical, columns: columns.map(({ physical }) => ({ name: physical, physical })) };
  return [
    ...(table.partitioned ? [`expected plain tables, found ${table.name}, which has partitions`] : []),
    ...(table.isNew === true
      ? [`expected tables that are there, found ${table.name}, which is made in the same file`]
      : []),
    ...columns.flatMap(({ name: column, generated }) => [
      ...(generated === 'stored'
        ? [`expected columns that are written, found ${table.name}.${column}, which is computed`]
        : []),
      ...(isTakenColumn(table, names.standIn(column))
        ? [`expected one change of ${table.name}.${column} in a file, found another one before`]
        : []),
    ]),
    ...[...constraintsToCopy({ table, scope }), ...references.map(({ constraint }) => constraint)]
      .filter(({ kind, validated }) => kind === 'exclude' || !validated)
      .map(
        ({ name: found }) =>
          `expected constraints that are valid and none of exclusion, found ${JSON.stringify(found)} of ${table.name}`,
      ),
  ];
}

function planTable({ table, columns, references }: WidenedTable, all: readonly WidenedTable[], situation: Situation) {
  const { names } = situation;
  const current = tableOf(situation.catalogue, table.name);
  return planSuccession({
    table: current,
    situation,
    remade: references.map((reference) => remake(reference, all, situation)),
    successors: columns.map((column): Successor => {
      const before = columnIn(current, column.name);
      const self = { expression: quoted(column.name), path: ['table'] };
      // Where the new version gives no number, the old column's has one: the view needs no default.
      return {
        before,
        after: { ...before, type: 'bigint', physical: names.standIn(column.name) },
        up: self,
        down: self,
      };
    }),
  });
}

/** Between the new columns, as soon as all rows are filled: until then the old ones hold. */
function remake(
  { from, constraint, key }: WidenedTable['references'][number],
  all: readonly WidenedTable[],
  { catalogue, names }: Situation,
): Remade {
  const place = placeOfTable(catalogue, from);
  const anew = (physical: string, column: string) => {
    const widened = all
      .find(({ table }) => table.physical === physical)
      ?.columns.find((each) => each.physical === column);
    return widened === undefined ? column : names.standIn(widened.name);
  };
  const columns = key.columns.map((column) => anew(from.physical, column));
  const list = (of: readonly string[]) => of.map((column) => quoted(column)).join(', ');
  const definition = `FOREIGN KEY (${list(columns)}) REFERENCES ${qualified(catalogue.schema, key.table)} (${list(key.keys.map((column) => anew(key.table, column)))})${key.rules}`;
  const copy = names.standIn(`${from.physical}_${constraint.name}`, 'copy');
  const drop = (named: string) => `alter table if exists ${place} drop constraint if exists ${quoted(named)}`;
  return {
    constraint: { ...constraint, columns, definition },
    phased: {
      expand: [],
      accepts: [],
      settle: [
        {
          do: 'cut',
          table: from.physical,
          lock: 'share row exclusive',
          statements: [`alter table ${place} add constraint ${quoted(copy)} ${definition} not valid`],
        },
        validate(from.physical, place, copy),
      ],
      prepare: [],
      cut: [drop(constraint.name)],
      finish: [`alter table ${place} rename constraint ${quoted(copy)} to ${quoted(constraint.name)}`],
    },
    rollback: [drop(copy)],
  };
}
