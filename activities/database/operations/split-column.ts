import type { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { listOf, mapping, name, sql } from './body-schema.js';
import { requireTable } from './checks.js';
import { checkExchange, type Exchange, exchangedSchema, planExchange } from './column-exchange.js';
import type { OperationKind } from './operation.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column'),
    into: listOf(exchangedSchema, 'a list of columns, each with name, type and up').min(
      2,
      expected('at least two columns'),
    ),
    down: sql('an SQL expression for what the new version writes'),
  },
  'table, column, into and down',
);
type Body = z.output<typeof schema>;

export const splitColumn: OperationKind<Body> = {
  name: 'split_column',
  manual: {
    purpose:
      'Splits a column into several. The old version has the one, the new version the others; a trigger keeps them the same: each new column by its `up` over the old row, the old column by `down` over the new row.',
    expand: { does: 'adds the new columns and the trigger', locks: 'the table, for a moment' },
    backfill: { does: 'fills the rows, and proves that no new row is null where it may not be' },
    contract: {
      does: 'proves it of all rows and makes them `NOT NULL`, gives them their defaults, and drops the old column with its indexes',
      locks: 'the table, for a moment',
    },
    rollback: { does: 'drops the new columns', locks: 'the table, for a moment' },
    loses: 'what `down` does not tell of what the new version wrote',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => checkExchange(exchangeOf(body), table, situation)),
  plan: (body, situation) => ({
    ...planExchange(exchangeOf(body), situation),
    verdict: {
      goingBack: 'shim',
      loses: `what down does not tell of ${body.into.map(({ name: fresh }) => fresh).join(', ')} that the new version wrote`,
    },
  }),
};

function exchangeOf({ table, column, into, down }: Body): Exchange {
  return {
    table,
    olds: [{ column, down, path: ['column'], downPath: ['down'] }],
    news: into.map((fresh, at) => ({ ...fresh, path: ['into', at] })),
  };
}
