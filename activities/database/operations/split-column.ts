import { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { mapping, name, sql } from './body-schema.js';
import { requireTable } from './checks.js';
import { checkExchange, type Exchange, exchangedSchema, planExchange } from './column-exchange.js';
import type { OperationKind } from './operation.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column'),
    into: z
      .array(exchangedSchema, expected('a list of columns, each with name, type and up'))
      .min(2, expected('at least two columns')),
    down: sql('an SQL expression for what the new version writes'),
  },
  'table, column, into and down',
);
type Body = z.output<typeof schema>;

/**
 * Splits a column into several. The old version has the one, the new version the others; a trigger keeps them the same:
 * each new column by its `up` over the old row, the old column by `down` over the new row.
 *
 * - expand: adds the new columns and the trigger. Locks the table for a moment.
 * - backfill: fills the rows; then proves that the columns that may not be null are not. Holds up nobody.
 * - contract: makes them NOT NULL, gives them their defaults, and drops the old column with its indexes. Locks the table
 *   for a moment.
 * - rollback: drops the new columns. Of what the new version wrote the old one keeps what `down` made of it.
 */
export const splitColumn: OperationKind<Body> = {
  name: 'split_column',
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
