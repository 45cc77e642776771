import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import type { Column, Constraint, Table } from './catalogue.js';
import { missingConstraint, requireTable, tableOf } from './checks.js';
import { checkExpressions, expressions, statedFor } from './column-expressions.js';
import { planSuccession, successorOf, type Successor } from './column-successor.js';
import type { OperationKind, OperationPlan, OperationProblem, Situation } from './operation.js';
import { refuseSuccession } from './succession-checks.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    name: name('the name of the constraint'),
    up: expressions('what the old version writes').optional(),
    down: expressions('what the new version writes'),
  },
  'table, name and down',
);
type Body = z.output<typeof schema>;

export const dropMulticolumnConstraint: OperationKind<Body> = {
  name: 'drop_multicolumn_constraint',
  manual: {
    purpose:
      'Drops a check, a foreign key or a unique constraint, of one column or several. For each of them a second column, which is without the constraint, takes the place of the first, as in alter_column: the old version never sees a row that the constraint would not allow.',
    expand: {
      does: 'adds the columns, and a trigger that keeps them the same by `up` and `down`',
      locks: 'the table, for a moment',
    },
    backfill: {
      does: 'fills the rows, then builds the other indexes and constraints of the columns anew',
      locks: 'the table, for a moment, where a unique index becomes a constraint',
    },
    contract: {
      does: 'drops the first columns, and the constraint with them, and gives the second their names',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    rollback: {
      does: 'drops the second columns',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    loses: 'what `down` does not tell of what the new version wrote',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const refused = refuseDrop(body.name, table, situation);
      if (refused.length > 0) return refused;
      const columns = columnsOf(table, body.name).map((column) => column.name);
      return [
        ...checkExpressions(columns, { all: body.up, key: 'up', mayMiss: true }),
        ...checkExpressions(columns, { all: body.down, key: 'down' }),
      ];
    }),
  plan(body, situation) {
    const table = tableOf(situation.catalogue, body.table);
    return planDrop(body.name, {
      table,
      situation,
      stated: ({ name: column }) => ({
        up: statedFor(column, { all: body.up, key: 'up', otherwise: ['name'] }),
        down: statedFor(column, { all: body.down, key: 'down', otherwise: ['name'] }),
      }),
    });
  },
};

/** What keeps a constraint from being dropped. */
export function refuseDrop(named: string, table: Table, situation: Situation): readonly OperationProblem[] {
  const path = ['name'];
  const constraint = table.constraints.find((each) => each.name === named);
  if (constraint === undefined) return [missingConstraint(table, named, path)];
  const refuse = (message: string) => [{ path, message }];
  if (table.isNew === true) {
    return refuse(
      `expected a table that is there, found ${table.name}, which is made in the same file; leave the constraint out`,
    );
  }
  if (!droppable.includes(constraint.kind)) {
    return refuse(
      `expected a check, a foreign key or a unique constraint, found that ${JSON.stringify(named)} is ${describe(constraint)}`,
    );
  }
  const columns = columnsOf(table, named);
  if (columns.length === 0) {
    return refuse(`expected a constraint on columns that this version shows, found ${JSON.stringify(named)} on none`);
  }
  return columns.flatMap((column) => refuseSuccession({ table, name: column.name, path }, situation));
}

const droppable: readonly Constraint['kind'][] = ['check', 'foreign key', 'unique'];

function describe({ kind }: Constraint): string {
  if (kind === 'not null') return 'NOT NULL; use alter_column with nullable: true';
  return kind === 'primary key' ? 'the primary key' : 'an exclusion constraint';
}

export function columnsOf(table: Table, named: string): readonly Column[] {
  const constraint = table.constraints.find((each) => each.name === named);
  return (constraint?.columns ?? []).flatMap(
    (physical) => table.columns.find((column) => column.physical === physical) ?? [],
  );
}

export function planDrop(
  named: string,
  order: {
    readonly table: Table;
    readonly situation: Situation;
    readonly stated: (column: Column) => Pick<Successor, 'up' | 'down'>;
  },
): OperationPlan {
  const { table, situation, stated } = order;
  return {
    ...planSuccession({
      table,
      situation,
      without: named,
      successors: columnsOf(table, named).map((before) => ({
        before,
        after: successorOf(before, situation),
        ...stated(before),
      })),
    }),
    verdict: {
      goingBack: 'shim',
      loses: `what down does not tell of ${columnsOf(table, named)
        .map((column) => column.name)
        .join(', ')} that the new version wrote`,
    },
  };
}
