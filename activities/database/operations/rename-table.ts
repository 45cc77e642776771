import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { changeTable, findTable } from './catalogue.js';
import { missingTable, refuseTakenTable } from './checks.js';
import type { OperationKind } from './operation.js';

const schema = mapping(
  { from: name('the name the table has'), to: name('the name the table is to have') },
  'from and to',
);
type Body = z.output<typeof schema>;

export const renameTable: OperationKind<Body> = {
  name: 'rename_table',
  manual: {
    purpose:
      'Renames a table. There is one table all the time: each version has a view of it by its own name. Indexes, constraints and sequences keep theirs.',
    expand: { does: "nothing but the new version's view" },
    contract: { does: 'renames the table', locks: 'the table, for a moment' },
    loses: 'nothing',
  },
  schema,
  check: ({ from, to }, { catalogue }) => [
    ...(findTable(catalogue, from) === undefined ? [missingTable(catalogue, from, ['from'])] : []),
    ...refuseTakenTable(catalogue, to, ['to']),
  ],
  plan: ({ from, to }, { catalogue }) => ({
    after: changeTable(catalogue, from, (table) => ({ ...table, name: to })),
    verdict: { goingBack: 'safe', loses: 'nothing' },
  }),
};
