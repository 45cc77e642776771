import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { changeColumn, changeTable } from './catalogue.js';
import { requireColumn, refuseTakenColumn, requireTable } from './checks.js';
import type { OperationKind } from './operation.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    from: name('the name the column has'),
    to: name('the name the column is to have'),
  },
  'table, from and to',
);
type Body = z.output<typeof schema>;

export const renameColumn: OperationKind<Body> = {
  name: 'rename_column',
  manual: {
    purpose: "Renames a column. There is one column all the time: each version's view calls it by its own name.",
    expand: { does: "nothing but the new version's view" },
    contract: { does: 'renames the column', locks: 'the table, for a moment' },
    loses: 'nothing',
  },
  schema,
  check: ({ table: of, from, to }, { catalogue }) =>
    requireTable(catalogue, of, (table) => [
      ...requireColumn(table, from, ['from']),
      ...refuseTakenColumn(table, to, ['to']),
    ]),
  plan: ({ table: of, from, to }, { catalogue }) => ({
    after: changeTable(catalogue, of, (table) => changeColumn(table, from, (column) => ({ ...column, name: to }))),
    verdict: { goingBack: 'safe', loses: 'nothing' },
  }),
};
