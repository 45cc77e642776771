import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { type Catalogue, findTable, placeOfTable, type Table, withoutTable } from './catalogue.js';
import { missingTable, tableOf } from './checks.js';
import { referencesTo } from './foreign-key.js';
import type { OperationKind, OperationProblem } from './operation.js';
import { cutOf } from './phased-constraint.js';

const schema = mapping({ name: name('the name of the table') }, 'name');
type Body = z.output<typeof schema>;

export const dropTable: OperationKind<Body> = {
  name: 'drop_table',
  manual: {
    purpose:
      'Drops a table. Until contract only the new version does not see it. Its foreign keys hold all that time: the new version cannot delete what a row of the table refers to.',
    expand: { does: 'nothing; the new version has no view of it' },
    contract: {
      does: 'drops it with all its rows',
      locks: 'it, and the tables its foreign keys refer to, for a moment',
    },
    loses: 'nothing',
  },
  schema,
  check(body, { catalogue }) {
    const table = findTable(catalogue, body.name);
    if (table === undefined) return [missingTable(catalogue, body.name, ['name'])];
    return refuseReferred(catalogue, table);
  },
  plan(body, { catalogue }) {
    const table = tableOf(catalogue, body.name);
    return {
      after: withoutTable(catalogue, table),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      contract: { cut: cutOf(table.physical, [`drop table if exists ${placeOfTable(catalogue, table)}`]) },
    };
  },
};

function refuseReferred(catalogue: Catalogue, table: Table): readonly OperationProblem[] {
  return referencesTo(catalogue, table)
    .filter((reference) => reference.from.name !== table.name)
    .map(({ from, constraint }) => ({
      path: ['name'],
      message: `expected a table that no other refers to, found the foreign key ${JSON.stringify(constraint.name)} of ${from.name} on ${table.name}; drop that first, in an earlier file`,
    }));
}
