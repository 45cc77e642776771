import type { z } from 'zod';
import { mapping, name, sql } from './body-schema.js';
import { changeTable, type Column, findColumn, placeOfTable, scopeOf, type Table, withoutColumn } from './catalogue.js';
import { columnIn, missingColumn, requireTable, tableOf } from './checks.js';
import { refuseKeyColumn, refuseReferredColumn, trialOfTies } from './column-ties.js';
import { trialOf } from './expression.js';
import { quoted } from './names.js';
import type { OperationKind, OperationProblem, Verdict } from './operation.js';
import { cutOf } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column'),
    down: sql('an SQL expression for the rows that the new version inserts').optional(),
  },
  'table and column',
);
type Body = z.output<typeof schema>;

export const dropColumn: OperationKind<Body> = {
  name: 'drop_column',
  manual: {
    purpose:
      'Drops a column. Until contract only the new version does not see it; in the rows that the new version inserts it has its default, as in those of the old version that leave it out, and the value of `down` where it has none.',
    expand: {
      does: 'with `down`, and without a default, makes a trigger that computes it',
      locks: 'with the trigger the table, for a moment',
    },
    contract: {
      does: 'drops the column, with the indexes and constraints it is part of',
      locks: 'the table, for a moment',
    },
    rollback: { does: 'removes the trigger', locks: 'with the trigger the table, for a moment' },
    loses: 'nothing; rows that the new version inserted keep their default, or what `down` gave them',
  },
  schema,
  check: (body, { catalogue }) =>
    requireTable(catalogue, body.table, (table) => {
      const column = findColumn(table, body.column);
      const path = ['column'];
      if (column === undefined) return [missingColumn(table, body.column, path)];
      return [
        ...refuseKeyColumn(table, column, path),
        ...refuseReferredColumn(catalogue, { table, column, path }),
        ...refuseEmpty(body, table, column),
      ];
    }),
  plan(body, { catalogue }) {
    const table = tableOf(catalogue, body.table);
    const column = columnIn(table, body.column);
    const place = placeOfTable(catalogue, table);
    const scope = scopeOf(withoutColumn(table, column));
    const { physical, type } = column;
    const stated = table.isNew === true ? undefined : body.down;
    // Where the server gives a value, a null is what the old version wrote.
    const down = column.default === undefined ? stated : undefined;
    return {
      after: changeTable(catalogue, table.name, (before) => withoutColumn(before, column)),
      verdict: verdictOf({ column, stated, down }),
      trials: [
        ...(table.isNew === true ? [] : [trialOfTies(catalogue, { table, column, path: ['column'] })]),
        ...(stated !== undefined ? [{ path: ['down'], sql: trialOf(stated, { type, rows: { scope, place } }) }] : []),
      ],
      ...(down !== undefined
        ? { syncs: [{ table: table.physical, downs: [{ column: physical, type, expression: down, scope }] }] }
        : {}),
      contract: { cut: cutOf(table.physical, [`alter table ${place} drop column if exists ${quoted(physical)}`]) },
    };
  },
};

function verdictOf({
  column: { name: column },
  stated,
  down,
}: {
  readonly column: Column;
  readonly stated: string | undefined;
  readonly down: string | undefined;
}): Verdict {
  const gives = `nothing; ${column} of the rows the new version inserted is`;
  if (down !== undefined) return { goingBack: 'shim', loses: `${gives} what down gave` };
  if (stated !== undefined)
    return { goingBack: 'safe', loses: `${gives} its default: down is for columns without one` };
  return { goingBack: 'safe', loses: 'nothing' };
}

/** The new version's inserts would fail. */
function refuseEmpty({ down }: Body, table: Table, column: Column): readonly OperationProblem[] {
  const hasValue = column.nullable || column.default !== undefined || column.generated !== undefined;
  if (hasValue || down !== undefined || table.isNew === true) return [];
  return [
    {
      path: ['column'],
      message: `expected down, a value for the rows that the new version inserts, found none: ${table.name}.${column.name} may not be null and has no default`,
    },
  ];
}
