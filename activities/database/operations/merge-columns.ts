import type { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { listOf, mapping, name, sql } from './body-schema.js';
import { requireTable } from './checks.js';
import { checkExchange, type Exchange, exchangedSchema, planExchange } from './column-exchange.js';
import type { OperationKind } from './operation.js';

const mergedSchema = mapping(
  {
    column: name('the name of a column'),
    down: sql('an SQL expression for what the new version writes'),
  },
  'column and down',
);

const schema = mapping(
  {
    table: name('the name of the table'),
    from: listOf(mergedSchema, 'a list of columns, each with column and down').min(2, expected('at least two columns')),
    into: exchangedSchema,
  },
  'table, from and into',
);
type Body = z.output<typeof schema>;

export const mergeColumns: OperationKind<Body> = {
  name: 'merge_columns',
  manual: {
    purpose:
      'Merges several columns into one. The old version has the several, the new version the one; a trigger keeps them the same: the new column by its `up` over the old row, each old column by its `down` over the new row.',
    expand: { does: 'adds the new column and the trigger', locks: 'the table, for a moment' },
    backfill: { does: 'fills the rows, and proves that no new row is null where it may not be' },
    contract: {
      does: 'proves it of all rows and makes it `NOT NULL`, gives it its default, and drops the old columns with their indexes',
      locks: 'the table, for a moment',
    },
    rollback: { does: 'drops the new column', locks: 'the table, for a moment' },
    loses: 'what the `down` of each does not tell of what the new version wrote',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => checkExchange(exchangeOf(body), table, situation)),
  plan: (body, situation) => ({
    ...planExchange(exchangeOf(body), situation),
    verdict: { goingBack: 'shim', loses: `what down does not tell of ${body.into.name} that the new version wrote` },
  }),
};

function exchangeOf({ table, from, into }: Body): Exchange {
  return {
    table,
    olds: from.map(({ column, down }, at) => ({
      column,
      down,
      path: ['from', at, 'column'],
      downPath: ['from', at, 'down'],
    })),
    news: [{ ...into, path: ['into'] }],
  };
}
