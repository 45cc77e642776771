import type { z } from 'zod';
import { mapping, name, sql } from './body-schema.js';
import { requireTable, tableOf } from './checks.js';
import { columnsOf, planDrop, refuseDrop } from './drop-multicolumn-constraint.js';
import type { OperationKind } from './operation.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    name: name('the name of the constraint'),
    up: sql('an SQL expression for what the old version writes'),
    down: sql('an SQL expression for what the new version writes'),
  },
  'table, name, up and down',
);
type Body = z.output<typeof schema>;

export const dropConstraint: OperationKind<Body> = {
  name: 'drop_constraint',
  manual: {
    purpose:
      'Drops a check, a foreign key or a unique constraint of one column. What drop_multicolumn_constraint does, with the expressions of that one column.',
    expand: {
      does: 'adds a second column, which is without the constraint, and a trigger that keeps both the same by `up` and `down`',
      locks: 'the table, for a moment',
    },
    backfill: {
      does: 'fills the rows, then builds the other indexes and constraints of the column anew',
      locks: 'the table, for a moment, where a unique index becomes a constraint',
    },
    contract: {
      does: 'drops the first column, and the constraint with it, and gives the second its name',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    rollback: {
      does: 'drops the second column',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    loses: 'what `down` does not tell of what the new version wrote',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const refused = refuseDrop(body.name, table, situation);
      const columns = columnsOf(table, body.name);
      if (refused.length > 0 || columns.length === 1) return refused;
      const found = columns.map((column) => column.name).join(', ');
      return [
        {
          path: ['name'],
          message: `expected a constraint of one column, found one of ${found}; use drop_multicolumn_constraint`,
        },
      ];
    }),
  plan: ({ table, name: named, up, down }, situation) =>
    planDrop(named, {
      table: tableOf(situation.catalogue, table),
      situation,
      stated: () => ({ up: { expression: up, path: ['up'] }, down: { expression: down, path: ['down'] } }),
    }),
};
