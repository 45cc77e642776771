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

/**
 * Drops a check, a foreign key or a unique constraint of one column. What drop_multicolumn_constraint does, with the
 * expressions of that one column.
 *
 * - expand: adds a second column, which is without the constraint, and a trigger that keeps both the same by `up` and
 *   `down`. Locks the table for a moment.
 * - backfill: fills the rows; then builds the other indexes and constraints of the column anew. Holds up nobody.
 * - contract: drops the first column, and the constraint with it, and gives the second its name. Locks the table for a
 *   moment, for a foreign key also the table it refers to.
 * - rollback: drops the second column. Of what the new version wrote the old one keeps what `down` made of it.
 */
export const dropConstraint: OperationKind<Body> = {
  name: 'drop_constraint',
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
